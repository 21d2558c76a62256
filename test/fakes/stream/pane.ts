/** Lines that a picture has. */
const ROWS = 24;

type Says = (text: string) => void;

interface PaneParts {
  readonly write: Says;
  readonly state: (value: string, tool?: string) => void;
  readonly exit: (code: number) => void;
}

/**
 * A program in a terminal that knows what is on its screen: it says back what is typed, a line at a time. `count N` gives
 * so many words, `hold` waits for `release`, `exit N` ends, `think`, `tool NAME`, `wait` and `idle` say what it does.
 */
export class FakePane {
  readonly #parts: PaneParts;
  #lines: string[] = [''];
  #typed = '';
  #held = false;
  /** All that was ever typed. */
  typed = '';
  size = { columns: 80, rows: ROWS };

  constructor(parts: PaneParts) {
    this.#parts = parts;
  }

  /** What is on the screen, as tmux gives it: a line feed behind each line. */
  get picture(): string {
    return `${this.#lines.slice(-ROWS).join('\n')}\n`;
  }

  print(text: string): void {
    for (const [at, line] of text.split('\r\n').entries()) {
      if (at > 0) this.#lines.push('');
      this.#lines[this.#lines.length - 1] += line;
    }
    this.#lines = this.#lines.slice(-2 * ROWS);
    this.#parts.write(text);
  }

  type(text: string): void {
    this.typed += text;
    for (const character of text) this.#key(character);
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.print('It ends.\r\n$ ');
  }

  #key(key: string): void {
    if (key === '\r') {
      const line = this.#typed;
      this.#typed = '';
      this.print('\r\n');
      this.#run(line.trim());
    } else if (key === '\u0003') {
      this.#typed = '';
      this.#held = false;
      this.print('^C\r\n$ ');
    } else if (key === '\u007f') {
      if (this.#typed === '') return;
      this.#typed = this.#typed.slice(0, -1);
      this.#lines[this.#lines.length - 1] = this.#lines.at(-1)?.slice(0, -1) ?? '';
      this.#parts.write('\b \b');
    } else {
      this.#typed += key;
      this.print(key);
    }
  }

  #run(line: string): void {
    const [verb = '', argument = ''] = line.split(' ');
    const { state, exit } = this.#parts;
    if (verb === 'exit') return exit(Number(argument));
    if (verb === 'hold') {
      this.#held = true;
      return this.print('It begins.\r\n');
    }
    if (verb === 'count') for (let at = 1; at <= Number(argument); at += 1) this.print(`word ${at}\r\n`);
    else if (verb === 'think') state('thinking');
    else if (verb === 'tool') state('tool', argument);
    else if (verb === 'wait') state('awaiting-input');
    else if (verb === 'idle') state('idle');
    else if (line !== '') this.print(`you said: ${line}\r\n`);
    this.print('$ ');
  }
}
