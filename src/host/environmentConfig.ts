import { resolve } from 'node:path';
import type { Policy } from '../machine/execution/service.ts';
import { isText } from '../model/fold/read.ts';
import { fieldsOf, optional, refuseOthers } from './fields.ts';

/** Of the configuration, under `environment`: others may run commands on this machine. */
export interface EnvironmentConfig {
  /** Absent: one that is made once and kept. */
  readonly id?: string;
  readonly policy: Policy;
  /** Absolute; none: the folders that the host was started with. */
  readonly folders: readonly string[];
}

const PREFIX = 'env_';
const POLICIES: readonly Policy[] = ['ask', 'allow', 'deny'];

/** @param folder what paths in it are relative to @throws Failure `usage` */
export const parseEnvironment = (value: unknown, folder: string): EnvironmentConfig => {
  const { id, policy, folders, ...others } = fieldsOf(value, 'environment');
  refuseOthers(others, 'environment.');
  const own = optional(id, isId, `environment.id must begin with “${PREFIX}”, and have something after it.`);
  const paths = optional(folders, arePaths, 'environment.folders must be a list of paths.') ?? [];
  return {
    ...(own === undefined ? {} : { id: own }),
    policy: optional(policy, isPolicy, 'environment.policy must be “ask”, “allow” or “deny”.') ?? 'ask',
    folders: paths.map((path) => resolve(folder, path)),
  };
};

const isId = (value: unknown): value is string =>
  isText(value) && value.startsWith(PREFIX) && value.length > PREFIX.length && value.trim() === value;

const isPolicy = (value: unknown): value is Policy => POLICIES.some((policy) => policy === value);

const arePaths = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((path) => isText(path) && path !== '');
