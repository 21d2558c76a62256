// A gateway that answers what is asked when a client comes back, and then tells of a run in each session that it follows.
//   node gatewaySource.ts SESSIONS EVENTS
import process from 'node:process';
import { type WebSocket, WebSocketServer } from 'ws';
import { portOf } from '../tools/listen.ts';

type Json = Readonly<Record<string, unknown>>;

const [, , sessions = '', events = ''] = process.argv;
const ids = Array.from({ length: Number(sessions) }, (_, at) => `chat:s${at}`);
const about = (id: string): Json => ({ id, appId: 'chat', messageCount: 3, isActive: false });
const payloads: Readonly<Record<string, Json>> = {
  apps: { apps: [{ id: 'chat', name: 'Chat', isDefault: true }] },
  schema: { protocolVersion: '1.0', methods: { send: { description: 'Sends.', builtin: true } } },
  sessions: { sessions: ids.map(about) },
  history: { messages: [], hasMore: false },
};
let run = 0;

const tellRuns = (socket: WebSocket): void => {
  run += 1;
  for (let event = 0; event < Number(events); event += 1)
    for (const sessionId of ids) {
      const name = event === 0 ? 'execution_start' : event === Number(events) - 1 ? 'execution_end' : 'content_delta';
      const sequence = (run - 1) * Number(events) + event + 1;
      const base = { id: `${sessionId}-${sequence}`, type: name, sequence, tick: 1, executionId: `run-${run}` };
      const delta = { delta: 'a word or two ', blockIndex: 0, blockType: 'text' };
      const data = { ...base, timestamp: '2026-11-20T00:00:00.000Z', ...(name === 'content_delta' ? delta : {}) };
      socket.send(JSON.stringify({ type: 'event', event: name, sessionId, data }));
    }
};

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  let asked = 0;
  socket.on('message', (data: Buffer) => {
    const { type, id, method, params } = JSON.parse(data.toString()) as Json;
    if (type === 'connect') {
      const connected = { type: 'connected', gatewayId: 'g', protocolVersion: '1.0', apps: ['chat'], sessions: [] };
      socket.send(JSON.stringify(connected));
    } else if (type === 'req') {
      const { sessionId } = params as { readonly sessionId?: string };
      const payload = method === 'status' ? { gateway: {}, session: about(sessionId ?? '') } : payloads[String(method)];
      socket.send(JSON.stringify({ type: 'res', id, ok: true, payload }));
      // The last thing that is asked before a session is taken up again.
      if (method === 'status' && (asked += 1) === ids.length) tellRuns(socket);
    }
  });
});
server.on('listening', () => {
  console.log(portOf(server));
});
