/**
 * What is said of commands that devices run here. English sentences that are keys of translation as well: a surface shows
 * their translation where it has one. Nothing is spliced into them; what varies stands beside them.
 */
export const EXECUTION_WORDS = {
  ask: 'Let this device run commands on this machine?',
  unanswered: 'Nobody answered: the device was refused.',
  idle: 'The device has asked for nothing for ten minutes: what it had started was ended.',
} as const;
