/** Every limit of the core in one place, so that what may grow can be read at a glance. Lengths of text are in UTF-16 units. */
export const LIMITS = {
  /** What a session keeps to catch a surface up without a snapshot: whichever of the two is reached first. */
  heldEvents: 1024,
  heldLength: 1024 * 1024,

  /** Events in one message to a surface: folding and drawing them must fit in a task of 50 ms. */
  viewBatch: 256,
  /** Messages that a surface may have open, that is sent and not acknowledged; and the events in them. */
  viewOpenBatches: 2,
  viewOpenEvents: 2048,
  /** Milliseconds between two messages of a session to one surface while less than a whole batch waits: a frame. */
  viewPause: 16,
  /** Entries that a snapshot holds at least, and pages of them that a surface gets at one time when it goes back. */
  snapshotEntries: 200,
  olderPages: 4,
  /** Sessions that one surface may follow at a time; one that is a window, for all of its own surfaces. */
  viewAttachments: 16,
  windowAttachments: 256,
  /** Bytes of one line from a window to the host and back: the first holds a prompt with its pictures, the second a snapshot. */
  windowLine: 16 * 1024 * 1024,
  hostLine: 128 * 1024 * 1024,
  /** Of a host to one window: requests that may be under way at a time; milliseconds for a read, a write and other answers. */
  windowRequests: 256,
  windowRead: 5_000,
  windowWrite: 20_000,
  /** Commands and actions of one surface that may be under way at a time. */
  viewCommands: 64,
  /** Texts that wait for a surface which has not said hello yet. */
  viewTexts: 16,
  /** Messages that wait because a surface reads nothing at all; beyond that it counts as gone. */
  viewWaiting: 4096,

  /** Of a name that a person gives a session. */
  titleLength: 200,
  /** Of one session. */
  queuedPrompts: 50,

  /** Of one agent session: questions that wait, terminals that are not released. */
  openQuestions: 32,
  /** Milliseconds that are given to find out where the paths of a question lead; then it is asked without. */
  lookAtPlaces: 2_000,
  sessionRules: 200,
  agentTerminals: 64,
  /** Bytes of output that an agent may ask a terminal to keep for it, and what is kept where it does not say. */
  terminalOutput: 16 * 1024 * 1024,
  terminalOutputUnasked: 1024 * 1024,
  /** Bytes of a terminal's end that the transcript shows, and milliseconds between two looks at it. */
  terminalTail: 8 * 1024,
  terminalPause: 100,
  /** Milliseconds without a word from an agent that works before that is told, and between two such tellings. */
  silence: 40_000,
  silencePause: 60_000,
  /** Updates for sessions whose id the agent has not told yet. */
  earlyUpdates: 1024,

  /** Files that are looked at for one turn because they changed behind our back, and those of them that are named. */
  changedFiles: 2000,
  changedFilesTold: 20,

  /** Entries of a folder and changes of a repository in one answer. */
  queryEntries: 2000,
  /** What is offered for one mention in a prompt, and the files that are looked through for it. */
  mentions: 50,
  mentionFiles: 500_000,
  /** Offers that are remembered, so that a draft may still mean them. */
  mentionsKnown: 5000,
  /** Of the changes that a prompt takes along. */
  mentionedChanges: 128 * 1024,
  /** Of the files whose text goes along with one prompt, to an agent that takes it; larger ones are named only. */
  embeddedFile: 64 * 1024,
  embeddedFiles: 256 * 1024,
} as const;
