// As it is shipped, see `bundle.ts`: both sides of the comparison with the same library.
export { WebSocket } from 'ws';
export { systemClock } from '../../src/machine/clock.ts';
export { connectWebSocket } from '../../src/machine/websocket.ts';
export { decodeFrame } from '../../src/protocol/terminal/frame.ts';
