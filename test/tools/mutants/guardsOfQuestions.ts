import type { GuardsOfFile } from './guards.ts';

export const QUESTION_GUARDS: readonly GuardsOfFile[] = [
  {
    file: 'src/backends/acp/ask.ts',
    tests: ['src/backends/acp/ask.test.ts', 'src/backends/acp/askByRules.test.ts'],
    rows: [
      ["if (read.length === 0) throw invalid('options');", '', 'a question is asked that nobody can answer'],
      ["isText(kind) ? kind : ''", "isText(kind) ? kind : 'allow_once'", 'an option without a kind allows'],
    ],
  },
  {
    file: 'src/backends/acp/elicitation.ts',
    tests: ['src/backends/acp/elicitation.test.ts', 'src/backends/acp/ask.test.ts'],
    rows: [
      ["outcome.option === 'decline' ? 'decline' : 'cancel'", "'accept'", 'a form is accepted that nobody filled in'],
      [" || !['https:', 'http:'].includes(address.protocol)", '', 'an address starts a program'],
      [" || address.username !== ''", '', 'a name before the host is taken for the host'],
    ],
  },
  {
    file: 'src/backends/acp/asking.ts',
    tests: ['src/backends/acp/askByRules.test.ts', 'src/backends/acp/ask.test.ts'],
    rows: [
      [
        'const ruled = call.changed ? undefined : answerByRule',
        'const ruled = answerByRule',
        'a rule allows what was changed meanwhile',
      ],
      [
        "decision === 'allow' ? ['allow_once']",
        "decision === 'allow' ? ['allow_always', 'allow_once']",
        'what a rule allows once is kept for ever',
      ],
      [" || decision === 'ask') return", ') return', 'a rule that wants to be asked answers'],
      ['session.questions.cancels !== cancels || ', '', 'a question is asked after its turn was cancelled'],
      ['    session.asked.delete(call);', '', 'an old question is changed by a later call'],
      ['  session.asked.add(call);', '', 'what the agent changes after asking is not noticed'],
      [
        '.catch(() => nowhere(path))',
        '.catch(() => ({ ...nowhere(path), inside: true }))',
        'a path that leads nowhere counts as inside',
      ],
      [
        'return places ?? paths.map(nowhere);',
        'return places ?? [];',
        'paths that nobody could look at count for nothing',
      ],
      [
        "if (paths === undefined) return { tool, places: [nowhere('')],",
        'if (paths === undefined) return { tool, places: [],',
        'more paths than can be looked at count for nothing',
      ],
      [
        'ruledAction(session, withInput(tool, before), signal)',
        'ruledAction(session, tool, signal)',
        'a folder that was told before does not count',
      ],
      [
        'const tell = session.hold();',
        'const tell = (logged: Parameters<ReturnType<typeof session.hold>>[0]) => session.hold()(logged);',
        'what is said meanwhile comes before the question',
      ],
    ],
  },
  {
    file: 'src/backends/acp/askedCall.ts',
    tests: ['src/backends/acp/askByRules.test.ts'],
    rows: [
      [
        "['title', 'kind', 'content', 'locations', 'rawInput']",
        "['title', 'kind', 'content', 'locations']",
        'another input is not noticed',
      ],
      [
        "['title', 'kind', 'content', 'locations', 'rawInput']",
        "['title', 'kind', 'locations', 'rawInput']",
        'another change is not noticed',
      ],
      [
        "['title', 'kind', 'content', 'locations', 'rawInput']",
        "['title', 'content', 'locations', 'rawInput']",
        'another kind is not noticed',
      ],
      [
        'Object.hasOwn(shown, name) ? shown[name] : earlier[name]',
        'shown[name]) || same(value, earlier[name]',
        'what was shown is turned back behind the question',
      ],
      ['update.toolCallId !== this.#asked.toolCallId', 'false', 'another call voids the question'],
    ],
  },
  {
    file: 'src/backends/acp/openQuestions.ts',
    tests: [
      'src/backends/acp/elicitation.test.ts',
      'src/backends/acp/ask.test.ts',
      'src/backends/acp/askByRules.test.ts',
      'src/backends/acp.test.ts',
    ],
    rows: [
      ['    tool ?? null,\n', '', 'the hash does not name what would be done'],
      ['    url ?? null,\n', '', 'the hash does not name the page that would be opened'],
      ['if (open.question.hash !== hash) {', 'if (false) {', 'an answer counts for what was not shown'],
      [
        'if (this.#open.size + this.#looking >= LIMITS.openQuestions) {',
        'if (false) {',
        'questions without end are asked',
      ],
    ],
  },
  {
    file: 'src/router/questions.ts',
    tests: ['src/router/permissions.test.ts', 'src/router/router.test.ts'],
    rows: [
      ['question.stale === true && ', 'false && ', 'what was changed after asking is allowed'],
      [
        'if (answer.remember !== undefined) offered(question, option, answer.remember);',
        '',
        'an answer is given that cannot be kept as it was meant',
      ],
    ],
  },
  {
    file: 'src/model/question.ts',
    tests: ['webview/question.test.tsx', 'src/backends/acp/ask.test.ts', 'src/model/fold/tool.test.ts'],
    rows: [
      [
        "option.kind === 'allow_once' || option.kind === 'allow_always'",
        "!option.kind.startsWith('reject')",
        'a kind that nobody knows allows',
      ],
    ],
  },
  {
    file: 'src/protocol/view/codec.ts',
    tests: ['src/protocol/view/codec.test.ts'],
    rows: [
      [
        "shape.closed({ type: shape.literal('hello')",
        "shape.open({ type: shape.literal('hello')",
        'a page says more than anybody knows',
      ],
      [
        "shape.closed({ kind: shape.literal('prompt'), prompt }",
        "shape.open({ kind: shape.literal('prompt'), prompt }",
        'a page slips something into a prompt',
      ],
      [
        "shape.closed({ kind: shape.literal('location/open')",
        "shape.open({ kind: shape.literal('location/open')",
        'a page slips a path in',
      ],
      [
        "shape.closed({ type: shape.literal('command'), id: shape.count, key, command })",
        "shape.open({ type: shape.literal('command'), id: shape.count, key, command })",
        'a page slips something into a command',
      ],
      [
        'uri: shape.where(id, (uri) => /^(?:mention:[\\w-]+|queued:\\d{1,3})$/u.test(uri))',
        'uri: id',
        'a page names a file by its address',
      ],
      [
        '(all) => all.reduce((sum, each) => sum + lengthOf(each), 0) <= length.data',
        '() => true',
        'a page sends more in pieces than in one',
      ],
      ['shape.text(length.id, 1)', 'shape.text(length.id)', 'a page names a session that has no name'],
    ],
  },
  {
    file: 'src/protocol/view/shape.ts',
    tests: ['src/protocol/view/codec.test.ts', 'src/protocol/view/shape.test.ts'],
    rows: [
      [
        "typeof value === 'string' && value.length <= most",
        "typeof value === 'string'",
        'a page sends texts without end',
      ],
      ['integer: Shape<number> = such(Number.isSafeInteger)', 'integer = number', 'a page sends numbers that are none'],
      ['where(integer, (value) => value >= 0)', 'integer', 'a page counts from below zero'],
      ['other === undefined ? held(value) : [other]', 'held(value)', 'a page says more than anybody knows'],
      ['Object.hasOwn(value, name)', 'name in value', 'what an object inherits counts as said'],
      ["each === '__proto__' || ", '', 'a page names the prototype'],
    ],
  },
  {
    file: 'src/router/outOfBand.ts',
    tests: ['src/router/outOfBand.test.ts'],
    rows: [
      [
        'this.#known.get(path) === textOf(stamp)',
        'this.#known.has(path)',
        'a second change of a file of ours is not told',
      ],
      [
        'if (protectedBy(this.#namesOf(path)) === undefined) this.#note(path, stamp);',
        'if (true) this.#note(path, stamp);',
        'a protected file raises no alarm',
      ],
      [
        "const rules = session.rules.filter(({ decision }) => decision !== 'allow');",
        'const rules = session.rules;',
        'rules allow after an alarm',
      ],
      ['rules, wary: true }', 'rules }', 'wider rules allow after an alarm'],
      [
        'if (now.get(path) !== this.#before.get(path)) this.#notice(path);',
        '',
        'a watcher that was made blind hides everything',
      ],
      [
        "new Set(['hooks', 'config', 'config.worktree'])",
        'new Set()',
        'the hooks of a repository are taken for its books',
      ],
      ['this.#parts.alarm(session, fresh);', '', 'the alarm reaches nobody'],
      ['stamp.at >= since - TICK', 'true', 'what was done before a turn is blamed on it'],
      ['this.#seen.size >= LIMITS.changedFiles || ', '', 'a flood is kept without end'],
    ],
  },
  {
    file: 'src/vscode/trust.ts',
    tests: ['src/vscode/trust.test.ts'],
    rows: [
      ['if (vscode.workspace.isTrusted) return;', 'return;', 'everything runs in Restricted Mode'],
      [
        '    requireTrust();\n    return await environment.spawn',
        '    return await environment.spawn',
        'agents run in Restricted Mode',
      ],
      [
        '    requireTrust();\n    return await environment.terminal',
        '    return await environment.terminal',
        'commands run in Restricted Mode',
      ],
      ["if (command.kind === 'prompt') requireTrust();", '', 'a prompt waits for an agent that may not start'],
    ],
  },
];
