import { describe, expect, test } from 'vitest';
import { InvalidEnvID, LOCAL_ALIASES, normalizeEnvID, PLACEHOLDERS, resolveEnvID } from './ids.ts';

/** However a person or a model writes it. */
const spellings = (word: string): readonly string[] => [
  word,
  word.toUpperCase(),
  word.slice(0, 2) + word.slice(2).toUpperCase(),
  ` ${word}`,
  `${word}\t\n`,
  `  ${word.toUpperCase()}  `,
];

const failureOf = (envID: string): unknown => {
  try {
    return normalizeEnvID(envID);
  } catch (failure) {
    return failure;
  }
};

describe('[environment 10 aliases] the id of an environment', () => {
  test.each(LOCAL_ALIASES.flatMap(spellings))('[environment 10 aliases] %j is this machine', (envID) => {
    expect(resolveEnvID(envID)).toEqual({ kind: 'local' });
  });

  test.each([undefined, '', ' ', '\t\n  '])('[environment 10 aliases] nothing (%j) is this machine', (envID) => {
    expect(normalizeEnvID(envID)).toBeUndefined();
  });

  test.each(PLACEHOLDERS.flatMap(spellings))('[environment 10 aliases] %j is a placeholder', (envID) => {
    const failure = failureOf(envID);
    expect(failure).toBeInstanceOf(InvalidEnvID);
    expect(failure).toMatchObject({
      name: 'MetaProtocolInvalidEnvIDError',
      envID: envID.trim(),
      reason: 'placeholder_alias',
      message: expect.stringContaining('leave the parameter envID out'),
    });
  });

  test.each(['ENV_x', 'Env_x', 'env-x', 'env', 'x env_y', 'locale', ':remote', '0.0.0.0', 'undefined_', '127.0.0.2'])(
    '[environment 10 aliases] %j has the wrong form',
    (envID) => {
      expect(failureOf(envID)).toMatchObject({ envID, reason: 'invalid_format' });
    },
  );

  test.each([
    ['env_x', 'env_x'],
    ['  env_X y ', 'env_X y'],
    ['env_', 'env_'],
    ['env_local', 'env_local'],
    ['env_null', 'env_null'],
  ])('[environment 10 aliases] %j is %j, trimmed and otherwise as it was written', (envID, found) => {
    expect(resolveEnvID(envID)).toEqual({ kind: 'remote', envID: found });
  });
});
