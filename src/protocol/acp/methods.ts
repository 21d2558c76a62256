/** The method names of protocol §3 that we send or serve. Written here, since the SDK's list would bring its whole code along. */
export const AGENT = {
  initialize: 'initialize',
  authenticate: 'authenticate',
  logout: 'logout',
  newSession: 'session/new',
  fork: 'session/fork',
  resume: 'session/resume',
  load: 'session/load',
  prompt: 'session/prompt',
  cancel: 'session/cancel',
  close: 'session/close',
  setMode: 'session/set_mode',
  setModel: 'session/set_model',
  setOption: 'session/set_config_option',
} as const;

export const CLIENT = {
  update: 'session/update',
  requestPermission: 'session/request_permission',
  elicit: 'elicitation/create',
  elicited: 'elicitation/complete',
  readTextFile: 'fs/read_text_file',
  writeTextFile: 'fs/write_text_file',
  createTerminal: 'terminal/create',
  terminalOutput: 'terminal/output',
  waitForExit: 'terminal/wait_for_exit',
  killTerminal: 'terminal/kill',
  releaseTerminal: 'terminal/release',
} as const;
