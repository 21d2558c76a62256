import { expect, test } from 'vitest';
import { withProxy } from './proxyVariables.ts';

const PROXY = 'http://proxy.invalid:3128';

test('[demand 33] the proxy of the settings reaches programs where no variable names one', () => {
  expect(withProxy({ A: '1' }, { proxy: PROXY, without: ['localhost', '.corp'] }, 'linux')).toEqual({
    A: '1',
    HTTP_PROXY: PROXY,
    HTTPS_PROXY: PROXY,
    NO_PROXY: 'localhost,.corp',
  });
});

test('[demand 33] a variable that is set, in whatever spelling, is left as it is', () => {
  const env = { https_proxy: 'http://mine', HTTP_PROXY: 'http://mine', NODE_EXTRA_CA_CERTS: '/ca.pem' };
  expect(withProxy(env, { proxy: PROXY }, 'linux')).toEqual(env);
  expect(withProxy({ Https_Proxy: 'http://mine' }, { proxy: PROXY }, 'win32')).toEqual({
    Https_Proxy: 'http://mine',
    HTTP_PROXY: PROXY,
  });
});

test('[demand 33] certificates that the editor does not look at are not looked at for packages, and by agents still', () => {
  expect(withProxy({}, { strict: false }, 'linux')).toEqual({ npm_config_strict_ssl: 'false' });
  const env = {};
  expect(withProxy(env, { strict: true, proxy: '' }, 'linux')).toBe(env);
});
