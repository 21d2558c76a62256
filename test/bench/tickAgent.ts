// An agent that says when it said it: a prompt `COUNT PAUSE` is answered with so many chunks, milliseconds apart, each of
// which is the time of the machine's clock when it was written.
import process from 'node:process';
import { INTRODUCTION } from './scriptedAgent.ts';

interface Request {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly sessionId?: string; readonly prompt?: readonly { readonly text?: string }[] };
}

const say = (message: object): void => void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

let sessions = 0;

const tick = async (sessionId: string | undefined, count: number, pause: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    // It is the same clock in every process of a machine.
    const content = { type: 'text', text: `${process.hrtime.bigint()}` };
    const update = { sessionUpdate: 'agent_message_chunk', messageId: `m${index}`, content };
    say({ method: 'session/update', params: { sessionId, update } });
  }
};

const answer = async ({ method, params }: Request): Promise<object> => {
  if (method === 'initialize') return INTRODUCTION;
  if (method === 'session/new') return { sessionId: `s${(sessions += 1)}` };
  const [count = 0, pause = 0] = (params?.prompt?.[0]?.text ?? '').split(' ').map(Number);
  await tick(params?.sessionId, count, pause);
  return { stopReason: 'end_turn' };
};

let rest = '';
process.stdin.setEncoding('utf8').on('data', (text: string) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) {
    const request = JSON.parse(line) as Request;
    if (request.id !== undefined) void answer(request).then((result) => say({ id: request.id, result }));
  }
});
