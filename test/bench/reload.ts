// The end of a session of 10,000 events on the screen again: after its document was loaded anew, as by a reload of the
// window, and after it slept, so that it is read from the disk. Against a session of ten events in the same window.
//   npm run bench -- reload
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copySample } from '../tools/sample.ts';
import { root } from '../tools/suite.ts';
import { Chat } from '../ui/chat.ts';
import { frameOf } from '../ui/inspect.ts';
import { openWorkbench } from '../ui/workbench.ts';
import { type Comparison, compare, type Side } from './measure.ts';
import { chosen, largestPaint, watchChoice } from './page.ts';
import { counted, type Row, rounded } from './row.ts';

/**
 * What is asked for in the turns of a session, ten events of them or ten thousand. `big` answers with a text that is more
 * than what is drawn at the end: so both sessions have the same to paint, and it is the largest text in sight.
 */
const LAST = ['big 3800'];
const FEW = [...LAST, 'burst 4'];
const MANY = ['burst 2490', 'burst 2494', 'burst 2495', 'burst 2496', ...LAST, 'burst 5'];
const agent = join(root, 'test/fakes/agent.ts');
const marker = 'END-OF-BURST';
const selector = '[role="log"] article[aria-label="Agent"]';
/** Milliseconds: to be back, and by how much ten thousand events may be later than ten. */
const [BACK, LATER] = [1000, 50];

/** One that is kept and has no agent any more: it sleeps while another one is looked at. */
interface Kept {
  /** By which the list of sessions knows it. */
  readonly key: string;
  /** What its last answer ends with. */
  readonly end: string;
}

export async function reloadRows(vsix: string): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-bench-'));
  const workbench = await openWorkbench({
    vsix,
    workspace: await copySample(join(folder, 'sample')),
    settings: {
      'wheelhouse.agents': { fake: { command: process.execPath, args: [agent] } },
      'wheelhouse.defaultAgent': 'fake',
    },
  });
  try {
    await workbench.openChat();
    const chat = new Chat(workbench);
    const few = await sessionOf(chat, FEW);
    const many = await sessionOf(chat, MANY);
    const blocks = { blocks: 15, warmUp: 1 };
    const waking = await compare(woken(chat, many, few), woken(chat, few, many), blocks);
    const reloading = await compare(reloaded(chat, many), reloaded(chat, few), blocks);
    return [...rowsOf('reload', reloading), ...rowsOf('wake', waking)];
  } finally {
    await workbench.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const rowsOf = (name: string, { ours, anchor, ratio, low, high, ratios }: Comparison): readonly Row[] => {
  const later = (times: number): number => rounded((times - 1) * anchor);
  return [
    {
      name: `${name} first paint slope`,
      value: later(ratio),
      unit: 'ms later',
      anchor: rounded(anchor),
      ratio: null,
      bound: LATER,
      ok: later(low) <= LATER,
      details: { interval: [later(low), later(high)], ratios: ratios.map(rounded) },
    },
    { ...counted(`${name} 10000 events`, rounded(ours), 'ms', BACK), anchor: rounded(anchor) },
  ];
};

const answerTo = (prompt: string): string =>
  prompt.startsWith('burst') ? prompt.replace('burst ', `${marker}-`) : 'after the big line';

async function sessionOf(chat: Chat, prompts: readonly string[]): Promise<Kept> {
  await chat.newSession();
  for (const prompt of prompts) await chat.answer(prompt, answerTo(prompt));
  const key = await chat.picker('Session').inputValue();
  const end = answerTo(prompts.at(-1) ?? '');
  await chat.workbench.runCommand('Wheelhouse: Close Session');
  const row = chat.session(new RegExp(`${prompts[0]}\\b`, 'u'));
  await row.filter({ hasNotText: 'Ready' }).waitFor();
  await row.click();
  await chat.says(end);
  return { key, end };
}

/** Milliseconds from the beginning of the new document until the end of the session is painted. */
const reloaded =
  (chat: Chat, { key, end }: Kept): Side =>
  async () => {
    await chat.picker('Session').selectOption(key);
    await chat.says(end);
    await chat.workbench.reloadChat();
    await chat.says(end);
    return (await frameOf(chat.document)).evaluate(largestPaint);
  };

/** Milliseconds from the choice of a session that sleeps until its end is painted. */
const woken =
  (chat: Chat, { key, end }: Kept, other: Kept): Side =>
  async () => {
    await chat.picker('Session').selectOption(other.key);
    await chat.says(other.end);
    const frame = await frameOf(chat.document);
    await frame.evaluate(watchChoice, { selector, text: end });
    await chat.picker('Session').selectOption(key);
    await chat.says(end);
    return frame.evaluate(chosen);
  };
