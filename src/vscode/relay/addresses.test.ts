import { describe, expect, test } from 'vitest';
import { isLoopback, originOf, pageLinks } from './addresses.ts';

describe('the addresses of the relay', () => {
  test('[S5] what counts as this machine alone', () => {
    for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])
      expect([host, isLoopback(host)]).toEqual([host, true]);
    for (const host of ['0.0.0.0', '::', '192.168.1.2', 'localhost.evil.example', '127.0.0.1.nip.io', '10.127.0.1', ''])
      expect([host, isLoopback(host)]).toEqual([host, false]);
  });

  test('[S1] the origin of a name in front of it is encrypted, unless it is this machine', () => {
    expect(originOf('box.example.ts.net')).toBe('https://box.example.ts.net');
    expect(originOf('box.example.com:8443')).toBe('https://box.example.com:8443');
    expect(originOf('localhost:8787')).toBe('http://localhost:8787');
    expect(originOf('[::1]:8787')).toBe('http://[::1]:8787');
    expect(originOf('[fd00::2]')).toBe('https://[fd00::2]');
    expect(originOf('localhost.evil.example')).toBe('https://localhost.evil.example');
  });

  test('[relay 9] a link for each name, the one for a phone first, with the code where no server sees it', () => {
    const own = 'http://127.0.0.1:8787/app/#pair=ABCD-EFGH';
    expect(pageLinks(own, [])).toEqual([own]);
    expect(pageLinks(own, ['box.ts.net', 'localhost:1', '127.0.0.1:8787'])).toEqual([
      'https://box.ts.net/app/#pair=ABCD-EFGH',
      'http://localhost:1/app/#pair=ABCD-EFGH',
      own,
    ]);
  });
});
