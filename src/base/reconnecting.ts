/** `refused`: it does not let us in, and somebody has to do something about that. */
export type LinkState = 'connecting' | 'connected' | 'reconnecting' | 'refused';
