import type { ExecutionCode, ExecutionFailure } from '../../protocol/environment/messages.ts';

/** Why a request was not carried out, as its answer says it. */
export class Refused extends Error implements ExecutionFailure {
  override readonly name = 'Refused';
  readonly code: ExecutionCode;

  constructor(code: ExecutionCode, message: string) {
    super(message);
    this.code = code;
  }
}
