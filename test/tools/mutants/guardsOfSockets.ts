import type { GuardsOfFile } from './guards.ts';

/** What stands between a secret of ours and a machine that it is not for, and between a hostile server and our memory. */
export const SOCKET_GUARDS: readonly GuardsOfFile[] = [
  {
    file: 'src/machine/webTrust.ts',
    tests: ['src/machine/webTrust.test.ts'],
    rows: [
      [
        'return shown === fingerprint ?',
        'return shown.length === fingerprint.length ?',
        'any certificate is the pinned one',
      ],
      ['return socket.authorized ?', 'return shown.length > 0 ?', 'a certificate that nobody signed is believed'],
      [
        'if (failure === undefined) send();',
        'send(); if (failure === undefined) return;',
        'the secret leaves, and then it is looked whom to',
      ],
    ],
  },
  {
    file: 'src/machine/webTrust.ts',
    tests: ['src/machine/websocket.test.ts', 'src/machine/webRequest.test.ts'],
    rows: [
      [
        '!/^[\\t\\x20-\\x7e\\x80-\\xff]*$/u.test(value)',
        'false',
        'a secret that no header can hold stands in a failure',
      ],
    ],
  },
  {
    file: 'src/machine/webOrigin.ts',
    tests: ['src/machine/webOrigin.test.ts'],
    rows: [
      ["parsed.username !== '' || ", '', 'a user in front makes one host look like another'],
      ['${scheme}//${parsed.host}', '${scheme}//${parsed.hostname}', 'another port is the same origin'],
      ["'ws:': 'http:',", "'ws:': 'https:',", 'what is said in clear words gets the secret of what is encrypted'],
      ['return origin !== undefined && origin', 'return origin', 'what is no address is of one origin with its like'],
    ],
  },
  {
    file: 'src/machine/webProxy.ts',
    tests: ['src/machine/webProxy.test.ts'],
    rows: [
      ['off === true || isLoopback(host)', 'off === true', 'what is on this machine goes through a proxy'],
      ['off === true || isLoopback(host)', 'isLoopback(host)', 'a proxy is used that the person turned off'],
      [
        'excepted.some((entry) => isExcepted(entry, host, port)) ? undefined',
        'excepted.length > 99 ? undefined',
        'what is to be reached without the proxy goes through it',
      ],
    ],
  },
  {
    file: 'src/machine/websocket.ts',
    tests: ['src/machine/websocket.test.ts'],
    rows: [
      ['followRedirects: false', 'followRedirects: true', 'a redirect is followed'],
      ['perMessageDeflate: false', 'perMessageDeflate: true', 'a small message becomes a large one here'],
      ['maxPayload: longest', 'maxPayload: 2 ** 30', 'a message of any length is held'],
      ['    this.#socket.pause();\n', '', 'who does not read is sent all of it'],
      ['this.#fail(lost(`nothing came for ${DEAD / 1000} s`));', '', 'a connection that is dead is never given up'],
    ],
  },
  {
    file: 'src/machine/webRequest.ts',
    tests: ['src/machine/webRequest.test.ts'],
    rows: [['if (length > longest)', 'if (length < 0)', 'an answer of any length is held']],
  },
  {
    file: 'src/base/pending.ts',
    tests: ['src/base/pending.test.ts'],
    rows: [
      [
        'if (this.#asked.size >= this.#parts.most)',
        'if (this.#asked.size < 0)',
        'answers that never come cost memory for ever',
      ],
    ],
  },
  {
    file: 'src/base/reconnecting.ts',
    tests: ['src/base/reconnecting.test.ts'],
    rows: [["if (this.#state !== 'refused') this.#rest", 'this.#rest', 'a wrong secret is sent again and again']],
  },
];
