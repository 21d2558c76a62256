import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeWrite, linesOf, type Print, printOf } from '../../src/host/lostWrite.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ä', '\n', '\r\n'), maxLength: 8 });
const content = fc.option(text, { nil: undefined });

const print = (what: string | undefined): Print => printOf('/w/a', what === undefined ? undefined : Buffer.from(what));
const withFeeds = (what: string): string => what.replaceAll('\r\n', '\n');

test('[I9] whatever a lost writer left, only the new text counts as written and only the old one is written again', () => {
  fc.assert(
    fc.property(content, text, content, (before, wanted, now) => {
      const what = judgeWrite(print(before), linesOf(wanted), print(now));
      const isNew = now !== undefined && withFeeds(now) === withFeeds(wanted);
      // Nothing that anybody wrote is lost where the new text is put in the place of this.
      const isOld = now === before || (before === undefined && now === '');
      expect(what).toBe(isNew ? 'written' : isOld ? 'unwritten' : 'unclear');
    }),
  );
});
