import * as vscode from 'vscode';
import { ofThePerson } from '../settings.ts';

/** As they stand in the person's settings, whether they can be read or not. */
export const environmentEntries = (): Readonly<Record<string, unknown>> => {
  const value = ofThePerson('environments');
  return typeof value === 'object' && value !== null ? { ...value } : {};
};

export const writeEnvironmentEntry = (id: string, entry: Readonly<Record<string, unknown>>): Promise<void> =>
  write({ ...environmentEntries(), [id]: entry });

export const removeEnvironmentEntry = async (id: string): Promise<void> => {
  const { [id]: _, ...staying } = environmentEntries();
  await write(Object.keys(staying).length === 0 ? undefined : staying);
};

const write = async (value: unknown): Promise<void> => {
  const settings = vscode.workspace.getConfiguration('wheelhouse');
  await settings.update('environments', value, vscode.ConfigurationTarget.Global);
};

/** Its id, from what a person calls it: one that no other has. */
export const newId = (name: string, taken: readonly string[]): string => {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/gu, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/gu, '');
  const base = words === '' ? 'environment' : words.slice(0, 40);
  for (let count = 1; ; count += 1) {
    const id = count === 1 ? base : `${base}-${count}`;
    if (!taken.includes(id)) return id;
  }
};
