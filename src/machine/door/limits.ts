/** Every limit of the door: milliseconds, bytes, numbers. Source: the relay protocol, §9, guarding the door. */
export const DOOR = {
  /** Connections that have not shown a token: how many at a time, and how long each. */
  strangers: 32,
  strangerTime: 5000,
  /** Those that wait unread for such a place, and what whoever has one gets while somebody waits. */
  waiting: 512,
  hurriedTime: 500,
  /** To send what was asked for to one that reads slowly. */
  answerTime: 30_000,
  headerBytes: 8 * 1024,
  pairingBytes: 4 * 1024,

  /** Wrong tokens in any such time, over all peers, that get an answer of their own. */
  wrongTokens: 10,
  wrongTime: 60_000,

  /** Open sockets, all of them and those of one device. */
  sockets: 512,
  socketsOfDevice: 128,
  ping: 5000,
  dead: 15_000,
  /** Until a socket that was told to close is cut off. */
  linger: 500,
  /** What is handed to the system at a time. */
  written: 256 * 1024,
  /** Beyond so much unsent a client is not heard either: what it asks for would only add to that. */
  unread: 4 * 1024 * 1024,
} as const;
