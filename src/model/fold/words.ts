/**
 * What the fold itself says in the transcript. English sentences that are keys of translation as well: a surface
 * shows their translation where it has one. Nothing is spliced into them; what varies stands in the description.
 */
export const WORDS = {
  stopped: 'Stopped.',
  agentStopped: 'The agent cancelled the turn.',
  refused: 'The agent refused to go on. It no longer remembers this prompt.',
  tokens: 'The agent stopped because it reached the limit of its answer. Send “continue” to go on.',
  requests: 'The agent stopped because it reached its limit of steps for one turn. Send “continue” to go on.',
  otherEnd: 'The turn ended for a reason that is not known here.',
  failed: 'The agent answered with an error.',
  gone: 'The agent has ended. The session can be continued after a restart.',
  unknownEnd: 'Wheelhouse ended during this turn. Whether the agent got to its end is not known.',
  afresh: 'The agent starts afresh from here: it does not remember what stands above.',
  queueStopped: 'Paused, since the turn was stopped.',
  queueFailed: 'Paused, since the last turn did not end well.',
  queueGone: 'Paused, since the agent is not running.',
  queueUnknown: 'Paused, since Wheelhouse ended without warning.',
  gap: 'Something may be missing here.',
  removed: 'What came before this was removed from disk to save space.',
  changedOutside: 'These files were changed on the disk while the agent worked, and not through Wheelhouse.',
  protectedChanged:
    'A protected file was changed without a question. Look at it before you go on, and undo it if you did not want it. From now on no rule allows anything in this session.',
  accepted: 'Answered',
  allowed: 'Allowed',
  rejected: 'Rejected',
  declined: 'Declined',
  dismissed: 'Dismissed',
  compacting: 'Making room in the agent’s memory…',
  compacted: 'The agent made room in its memory.',
  compactionFailed: 'The agent could not make room in its memory.',
  compactionCancelled: 'Making room in the agent’s memory was cancelled.',
} as const;
