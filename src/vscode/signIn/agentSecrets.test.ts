import { describe, expect, test } from 'vitest';
import { AgentSecrets, type SecretsUi } from './agentSecrets.ts';

const SECRET = 'wholly-unrecognizable-0b77';
const never = new AbortController().signal;
const agent = { id: 'mine', label: 'Mine' };
const key = { name: 'A_KEY', secret: true, optional: false };
const region = { name: 'REGION', secret: false, optional: true };

/** A machine with a store that works, or none: what it wrote, and what it said. */
const machine = (answers: readonly (string | undefined)[], { broken = false, once = false } = {}) => {
  const stored = new Map<string, string>();
  const logged: string[] = [];
  const concealed: string[] = [];
  const told: string[] = [];
  const left = [...answers];
  const log = (message: string): void => void logged.push(message);
  const refuse = (): Promise<never> => Promise.reject(new Error('There is no keyring.'));
  const ui: SecretsUi = {
    enter: async (_, { name }, step, steps) => {
      told.push(`${name} ${step}/${steps}`);
      return left.shift();
    },
    useOnce: async (_, why) => {
      told.push(why);
      return once;
    },
  };
  const secrets = new AgentSecrets({
    storage: broken
      ? { get: refuse, store: refuse, delete: refuse }
      : {
          get: async (name) => stored.get(name),
          store: async (name, value) => void stored.set(name, value),
          delete: async (name) => void stored.delete(name),
        },
    ui,
    log: { debug: log, info: log, warn: log, error: log },
    conceal: (value) => void concealed.push(value),
  });
  return { secrets, stored, logged, concealed, told };
};

describe('what is entered for an agent', () => {
  test('[S50] is stored under the agent’s id, told to no log, and read by that agent alone', async () => {
    const { secrets, stored, logged, concealed, told } = machine([SECRET, '']);
    expect(await secrets.ask(agent, [key, region], never)).toBe(true);
    expect(told).toEqual(['A_KEY 1/2', 'REGION 2/2']);
    expect([...stored.keys()]).toEqual(['agent:mine']);
    expect(await secrets.of('mine')).toEqual({ A_KEY: SECRET });
    expect(await secrets.of('other')).toEqual({});
    expect(concealed).toContain(SECRET);
    expect(logged).toEqual([]);
  });

  test('[S50] is stored as a whole or not at all, and added to what stands there', async () => {
    const { secrets, stored } = machine([SECRET, 'eu', 'us', undefined]);
    await secrets.ask(agent, [key], never);
    await secrets.ask(agent, [region], never);
    expect(await secrets.of('mine')).toEqual({ A_KEY: SECRET, REGION: 'eu' });
    expect(await secrets.ask(agent, [region, key], never)).toBe(false);
    expect(await secrets.of('mine')).toEqual({ A_KEY: SECRET, REGION: 'eu' });
    await secrets.forget('mine');
    expect(await secrets.has('mine')).toBe(false);
    expect(stored.size).toBe(0);
  });

  test('[acp 4.2.9] without a place for secrets it is written nowhere, and used for now only where the person says so', async () => {
    const refused = machine([SECRET], { broken: true });
    expect(await refused.secrets.ask(agent, [key], never)).toBe(false);
    expect(refused.told.at(-1)).toBe('There is no keyring.');
    expect(await refused.secrets.of('mine')).toEqual({});

    const agreed = machine([SECRET], { broken: true, once: true });
    expect(await agreed.secrets.ask(agent, [key], never)).toBe(true);
    expect(await agreed.secrets.of('mine')).toEqual({ A_KEY: SECRET });
    expect(agreed.logged.join()).toContain('There is no keyring.');
    expect(agreed.logged.join()).not.toContain(SECRET);
    expect(agreed.stored.size).toBe(0);
    await expect(agreed.secrets.forget('mine')).rejects.toThrow('no keyring');
    expect(await agreed.secrets.of('mine')).toEqual({});
  });

  test('[acp 4.2.9] what another version left there, or nobody can read, is not there', async () => {
    const { secrets, stored, logged } = machine([]);
    for (const text of ['not JSON', '7', 'null', '{"A":1,"B":"b"}']) {
      stored.set('agent:mine', text);
      expect(await secrets.of('mine')).toEqual(text.startsWith('{') ? { B: 'b' } : {});
    }
    expect(logged).toHaveLength(3);
    expect(logged.join()).not.toContain('not JSON');
    expect(await secrets.ask(agent, [], never)).toBe(true);
  });
});
