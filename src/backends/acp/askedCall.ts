import type * as acp from '@agentclientprotocol/sdk';
import { type Fields, isFields } from '../../model/fold/read.ts';

const SHOWN = ['title', 'kind', 'content', 'locations', 'rawInput'] as const;

/** What an open question was asked about, to be told from what the agent says of the same call later. */
export class AskedCall {
  readonly question: string;
  readonly #asked: acp.ToolCallUpdate;
  readonly #before: acp.ToolCallUpdate | undefined;
  #changed = false;

  /** `asked` as the person is shown it, `before` as the agent had described the call until then. */
  constructor(question: string, asked: acp.ToolCallUpdate, before: acp.ToolCallUpdate | undefined) {
    this.question = question;
    this.#asked = asked;
    this.#before = before;
  }

  /** What was shown is not what would be done any more. */
  get changed(): boolean {
    return this.#changed;
  }

  /** Takes what the agent says of a call; true where that changes what was asked, for the first time. */
  note(update: acp.ToolCallUpdate): boolean {
    if (this.#changed || update.toolCallId !== this.#asked.toolCallId) return false;
    this.#changed = SHOWN.some((field) => {
      const said = update[field];
      return said !== undefined && said !== null && !this.#isKnown(field, said);
    });
    return this.#changed;
  }

  /**
   * Agents repeat themselves, and some tell of a call while they ask about it (protocol §10, opencode). What the question
   * did not show of the input may be as it was said before; what it did show may not, or it could be turned back behind it.
   */
  #isKnown(field: (typeof SHOWN)[number], said: unknown): boolean {
    const [asked, before] = [this.#asked[field], this.#before?.[field]];
    if (same(said, asked)) return true;
    if (field === 'title') return same(said, before);
    if (field !== 'rawInput' || !isFields(said)) return false;
    const [shown, earlier] = [fieldsOf(asked), fieldsOf(before)];
    return Object.entries(said).every(([name, value]) =>
      same(value, Object.hasOwn(shown, name) ? shown[name] : earlier[name]),
    );
  }
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
