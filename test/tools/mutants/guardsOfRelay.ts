import type { GuardsOfFile } from './guards.ts';

/** What stands between other devices, or whoever speaks like them, and the person's sessions. */
export const RELAY_GUARDS: readonly GuardsOfFile[] = [
  {
    file: 'src/relay/authorize.ts',
    tests: ['src/relay/control.test.ts', 'src/relay/viewTable.test.ts', 'test/golden/relayTable.test.ts'],
    rows: [
      ['RANK[capability] < RANK[NEEDS[kind]] || ', '', 'a device that may only watch drives'],
      ["(kind === 'owner' && owner !== true)", 'false', 'a device does what only its owner may do on the machine'],
      ["if (wheel === 'theirs') return 'wheel';", '', 'two drive at once'],
      [
        "isRelayMethod(method) ? RELAY_KINDS[method] : 'drive'",
        "isRelayMethod(method) ? RELAY_KINDS[method] : 'read'",
        'what nobody knows is let through',
      ],
    ],
  },
  {
    file: 'src/relay/requests.ts',
    tests: [
      'src/relay/control.test.ts',
      'src/relay/plain.test.ts',
      'src/relay/relay.test.ts',
      'test/properties/relayLines.test.ts',
    ],
    rows: [
      [
        "if (verdict === 'capability') return notCapable(device.capability);",
        '',
        'a device does what it was not allowed to',
      ],
      [
        "verdict === 'wheel' || isPast",
        "verdict === 'wheel'",
        'what was said before the wheel was taken counts after it',
      ],
      ["verdict === 'wheel' || isPast", 'isPast', 'a device drives while another one has the wheel'],
      ['client.plain && method.startsWith(PREFIX) ? undefined : ', '', 'a client without an id takes the wheel'],
    ],
  },
  {
    file: 'src/relay/feed.ts',
    tests: ['src/relay/feed.test.ts'],
    rows: [
      [
        'first !== hash || this.#requests.has(id)',
        'false',
        'a device is shown something else than what its answer allows',
      ],
    ],
  },
  {
    file: 'src/relay/lease.ts',
    tests: ['src/relay/control.test.ts', 'src/relay/guard.test.ts'],
    rows: [
      [
        'if (holder.client !== client) throw',
        'if (false) throw',
        'anybody takes the wheel from who has it without a trace',
      ],
      [
        'holder: driver, epoch: this.#state.epoch + 1',
        'holder: driver, epoch: this.#state.epoch',
        'nobody can tell what was said before from what was said after',
      ],
    ],
  },
  {
    file: 'src/relay/pairing.ts',
    tests: ['src/relay/pairing.test.ts'],
    rows: [
      ['isRight || live.wrong >= WRONG_TRIES', 'isRight', 'a code can be guessed as long as it lives'],
      ['isRight || live.wrong >= WRONG_TRIES', 'live.wrong >= WRONG_TRIES', 'a code lets in a second device'],
      [
        'timer: clock.after(CODE_TIME, () => this.#kill())',
        'timer: clock.after(CODE_TIME, () => undefined)',
        'a code that was left on a screen lets somebody in the next day',
      ],
      ['told === undefined || !this.#use(told.code)', 'told === undefined', 'a device needs no code'],
    ],
  },
  {
    file: 'src/machine/webhooks.ts',
    tests: ['src/machine/webhooks.test.ts'],
    rows: [
      [' || !SIGNATURE.test(signature)', '', 'a signature of another length throws'],
      [
        "timingSafeEqual(given, Buffer.from(sign(body, secret), 'latin1'))",
        'true',
        'anybody can tell an automation anything',
      ],
      ["redirect: 'manual'", "redirect: 'follow'", 'what is signed goes where the person never said'],
      [
        "if (status < 500 && status !== 429) return { kind: 'refused', why };",
        '',
        'who wants nothing is asked five times',
      ],
      ['this.#waiting.length >= MOST_WAITING', 'false', 'what a dead automation does not take piles up'],
      [
        'for (const lane of lanes?.values() ?? []) lane.end(why);',
        '',
        'a closed session is told of for another ten minutes',
      ],
    ],
  },
  {
    file: 'src/machine/webhookFile.ts',
    tests: ['src/machine/webhookFile.test.ts'],
    rows: [
      ['(about.mode & 0o077) !== 0', 'false', 'other users read the secrets'],
      [' || !isAddress(url)', '', 'what happens in a session goes over the network for all to read'],
      [
        "failure instanceof SyntaxError ? 'it is no JSON' : sentence(failure)",
        'sentence(failure)',
        'a secret stands in the log',
      ],
    ],
  },
  {
    file: 'src/relay/webhook.ts',
    tests: ['src/relay/webhook.test.ts'],
    rows: [
      ['if (store.isMirrored(key)) return;', '', 'everything of another machine is told twice'],
      [
        'settledByRule(event.question, logged) ? undefined : asked(event.question)',
        'asked(event.question)',
        'a person is called for what a rule has answered',
      ],
    ],
  },
  {
    file: 'src/vscode/webhooks/webhookBook.ts',
    tests: ['src/vscode/webhooks/webhookBook.test.ts'],
    rows: [["if (typeof each === 'string') conceal(each);", '', 'an address with a secret in it stands in the log']],
  },
];
