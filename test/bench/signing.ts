// As it is shipped, see `bundle.ts`.
export { sign, verify } from '../../src/machine/webhooks.ts';
