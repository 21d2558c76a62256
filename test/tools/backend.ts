import type { SessionKey } from '../../src/model/session.ts';
import type { Backend, BackendCommand, CreateOptions } from '../../src/router/ports.ts';

/** A backend that writes down what it is asked, and does what the test says of it. */
export class RecordingBackend implements Backend {
  readonly id = 'demo';
  readonly label = 'Demo';
  readonly owns: Backend['owns'];
  readonly performed: BackendCommand[] = [];
  ended = false;
  onCreate: (key: SessionKey, options: CreateOptions, signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  onAttach: Backend['attach'] = () => Promise.resolve({ kind: 'attached' });
  onStop: () => void = () => undefined;
  onPerform: (key: SessionKey, command: BackendCommand) => Promise<void> = () => Promise.resolve();

  constructor(owns: Partial<Backend['owns']> = {}) {
    this.owns = { history: 'us', queue: 'us', questions: 'us', ...owns };
  }

  async create(key: SessionKey, options: CreateOptions, signal: AbortSignal): Promise<void> {
    await this.onCreate(key, options, signal);
  }

  async attach(...asked: Parameters<Backend['attach']>): ReturnType<Backend['attach']> {
    return this.onAttach(...asked);
  }

  async stop(): Promise<void> {
    this.onStop();
    await Promise.resolve();
  }

  async perform(key: SessionKey, command: BackendCommand): Promise<void> {
    this.performed.push(command);
    await this.onPerform(key, command);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ended = true;
    await Promise.resolve();
  }
}
