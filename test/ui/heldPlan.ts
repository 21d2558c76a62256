import { writeFile } from 'node:fs/promises';

const statuses = ['completed', 'completed', 'in_progress', 'pending'] as const;
const contents = [
  'Read how people are greeted today',
  'List the languages that are missing',
  'Add a greeting for each of them, and a test that goes through all languages one by one',
  'Run the tests',
];

/** A script for the fake agent that stands in the middle of a plan until its turn is cancelled. */
export async function writeHeldPlan(file: string): Promise<string> {
  const respond = (method: string, result: object): object => ({
    send: { jsonrpc: '2.0', id: `\${${method}.id}`, result },
  });
  const entries = contents.map((content, index) => ({ content, priority: 'medium', status: statuses[index] }));
  const sessionId = 'held';
  const update = { sessionUpdate: 'plan', entries };
  await writeFile(
    file,
    JSON.stringify([
      { wait: 'initialize' },
      respond('initialize', { protocolVersion: 1, agentCapabilities: {}, authMethods: [] }),
      { wait: 'session/new' },
      respond('session/new', { sessionId }),
      { wait: 'session/prompt' },
      { send: { jsonrpc: '2.0', method: 'session/update', params: { sessionId, update } } },
      { wait: 'session/cancel' },
      respond('session/prompt', { stopReason: 'cancelled' }),
      { wait: 'nothing more' },
    ]),
  );
  return file;
}
