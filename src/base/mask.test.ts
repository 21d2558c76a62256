import { expect, test } from 'vitest';
import { Concealed, MASK } from './mask.ts';

test('[S50] what is concealed is kept out of a log, as it is and as JSON has it; short words stay', () => {
  const concealed = new Concealed();
  concealed.add('se"cret');
  concealed.add('short');
  const said: string[] = [];
  const write = (message: string): void => void said.push(message);
  const log = concealed.around({ debug: write, info: write, warn: write, error: write });
  log.debug('se"cret, se"cret');
  log.info(JSON.stringify({ key: 'se"cret' }));
  log.warn('short');
  log.error('nothing');
  expect(said).toEqual([`${MASK}, ${MASK}`, `{"key":"${MASK}"}`, 'short', 'nothing']);
});
