/**
 * What the gate asks. English sentences that are keys of translation as well: a surface shows their translation where it
 * has one. Nothing is spliced into them; what varies stands beside them.
 */
export const GATE_WORDS = {
  readOutside: 'Read a file outside of the workspace?',
  writeOutside: 'Write a file outside of the workspace?',
  runOutside: 'Run a command outside of the workspace?',
  protected: 'Write a file that programs obey without asking?',
  unsaved: 'Write over your edits that are not saved?',
  lost: 'Write this file once more?',
  read: 'Read this file?',
  write: 'Write this file?',
  run: 'Run this command?',
  allow: 'Allow',
  reject: 'Reject',
  mine: 'Keep mine',
  theirs: 'Take the agent’s',
  merge: 'Merge both',
  leave: 'Leave it as it is',
  writeAgain: 'Write the agent’s text',
  reworked: 'The editor changed a file while it was saved. The agent reads what stands there now.',
} as const;
