// What it costs to know that a delivery of a webhook is what was signed, against the HMAC alone.
//   node test/bench/webhook.ts
import { createHmac } from 'node:crypto';
import { bundled } from './bundle.ts';
import { cpuTimer } from './cpu.ts';
import { compare } from './measure.ts';
import { reached, report, type Row } from './row.ts';
import type * as webhooks from '../../src/machine/webhooks.ts';

const ROUNDS = 20_000;
const SECRET = 'a secret of an ordinary length, 43 letters.';
/** As long as a permission request is. */
const BODY = Buffer.from(JSON.stringify({ eventId: 'e', event: { data: { title: 'x'.repeat(2000) } } }));

const perSecond = (run: () => unknown): number => {
  const spent = cpuTimer();
  for (let round = 0; round < ROUNDS; round += 1) run();
  return (ROUNDS * 1000) / spent();
};

export async function webhookRows(): Promise<readonly Row[]> {
  const { sign, verify } = (await bundled('signing')) as Pick<typeof webhooks, 'sign' | 'verify'>;
  const signature = sign(BODY, SECRET);
  const secrets = [SECRET];
  const comparison = await compare(
    () => perSecond(() => verify(BODY, signature, secrets)),
    () => perSecond(() => createHmac('sha256', SECRET).update(BODY).digest()),
    { blocks: 21, warmUp: 3 },
  );
  return [reached('webhook verify', '1/s', comparison, 0.85)];
}

if (import.meta.main) report(await webhookRows());
