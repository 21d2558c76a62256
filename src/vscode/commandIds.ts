/** Every command of ours; what each does is loaded when the first is run. */
export const COMMANDS = [
  'newSession',
  'openSession',
  'renameSession',
  'pinSession',
  'unpinSession',
  'archiveSession',
  'unarchiveSession',
  'closeSession',
  'deleteSession',
  'exportSession',
  'showArchived',
  'hideArchived',
  'eraseAllSessions',
  'prompt',
  'cancel',
  'answerQuestion',
  'showRules',
  'addAgent',
  'updateAgent',
  'removeAgent',
  'restartAgent',
  'showAgentLog',
  'showLog',
] as const;

export type CommandName = (typeof COMMANDS)[number];
