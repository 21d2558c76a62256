import { expect, test } from 'vitest';
import { BUILTIN, methodsOf } from './builtin.ts';
import { draftParams, readMethods, wrongParams } from './schema.ts';

const COUNT = {
  params: {
    required: ['upTo'],
    properties: {
      upTo: { type: 'integer' },
      name: { type: ['string', 'null'] },
      tags: { type: 'array', items: { type: 'string' } },
      how: { enum: ['fast', 'slow'] },
      deep: { type: 'object', required: ['inner'], properties: {}, additionalProperties: false },
      odd: { type: 'odd' },
    },
  },
};

test('[gateway 4 schema] methods of its own come first, and what is none is passed over', () => {
  const methods = { send: { builtin: true }, 'tasks:b': { description: 'B' }, 'tasks:a': {}, broken: 7 };
  expect(readMethods({ methods }).map(({ name }) => name)).toEqual(['tasks:a', 'tasks:b', 'send']);
  for (const nothing of [undefined, 7, {}, { methods: [] }]) expect(readMethods(nothing)).toEqual([]);
});

test.each([
  [[], { kind: 'object' }],
  [{}, { kind: 'missing', at: 'upTo' }],
  [{ upTo: 1.5 }, { kind: 'type', at: 'upTo', type: 'integer' }],
  [
    { upTo: 1, name: 2 },
    { kind: 'type', at: 'name', type: 'string | null' },
  ],
  [
    { upTo: 1, tags: {} },
    { kind: 'type', at: 'tags', type: 'array' },
  ],
  [
    { upTo: 1, tags: ['a', 1] },
    { kind: 'type', at: 'tags[1]', type: 'string' },
  ],
  [
    { upTo: 1, how: 'well' },
    { kind: 'value', at: 'how', values: ['"fast"', '"slow"'] },
  ],
  [
    { upTo: 1, deep: {} },
    { kind: 'missing', at: 'deep.inner' },
  ],
  [
    { upTo: 1, deep: { inner: 1 } },
    { kind: 'extra', at: 'deep.inner' },
  ],
  [{ upTo: 1, name: null, tags: ['a'], how: 'fast', odd: 'whatever', more: null }, undefined],
])('[gateway 4 schema] parameters %j', (value, wrong) => {
  expect(wrongParams(value, COUNT)).toEqual(wrong);
});

test('[gateway 8] an old gateway has none of the later methods, one that describes itself has what it describes', () => {
  const names = (all: ReturnType<typeof methodsOf>) => all.map(({ name }) => name);
  expect(BUILTIN).toHaveLength(17);
  expect(names(methodsOf(undefined, true))).toHaveLength(12);
  expect(names(methodsOf(undefined, true))).not.toContain('tool-confirm');
  expect(names(methodsOf(undefined, false))).toContain('tool-confirm');
  expect(names(methodsOf(undefined, false))).not.toContain('schema');
  const send = { name: 'send', description: 'Sends.', builtin: true };
  const own = { name: 'send', description: '', builtin: false };
  const [described, mine] = methodsOf([send, own], false);
  expect(described).toMatchObject({ description: 'Sends.', params: { required: ['sessionId'] } });
  expect(mine).toEqual(own);
});

test('[gateway 4 schema] parameters to begin with have what is required, and what is known', () => {
  const method = BUILTIN.find(({ name }) => name === 'tool-confirm');
  expect(draftParams(method ?? {}, { sessionId: 'chat:main' })).toEqual({
    sessionId: 'chat:main',
    callId: '',
    confirmed: false,
  });
  expect(draftParams({}, { sessionId: 'x' })).toEqual({});
});
