import { describe, expect, test } from 'vitest';
import { Failure } from '../base/failure.ts';
import { farSocketFailure, originOf, sameOrigin } from './webOrigin.ts';
import { CertificateRefused } from './webTrust.ts';
import { SocketClosed, UpgradeRefused } from './websocket.ts';

const OURS = 'https://trusted.com/terminals';

describe('whose address it is', () => {
  test.each([
    ['https://trusted.com', 'the path says nothing'],
    ['https://TRUSTED.com/terminals', 'case'],
    ['HTTPS://trusted.com/', 'case of the scheme'],
    ['https://trusted.com:443/other?x=1', 'the port that it has anyway'],
    ['wss://trusted.com/stream', 'the same server, other words'],
    ['https:\\\\trusted.com/', 'as every browser reads it'],
    ['https://%74rusted.com/', 'escapes'],
    ['https://ｔｒｕｓｔｅｄ.com/', 'letters of another width'],
  ])('[S15 origins] %s is ours: %s', (url) => {
    expect(originOf(url)).toBe('https://trusted.com');
    expect(sameOrigin(url, OURS)).toBe(true);
  });

  test.each([
    ['https://trusted.com.evil.io/', 'what it begins with says nothing'],
    ['https://eviltrusted.com/', 'what it ends with'],
    ['https://trusted.com@evil.io/', 'a user in front'],
    ['https://trusted.com:443@evil.io/', 'a user with a password in front'],
    ['https://trusted.com%40evil.io/', 'an escaped one'],
    ['https://user@trusted.com/', 'a user at our own'],
    ['https://evil.io/trusted.com', 'the path'],
    ['https://evil.io#trusted.com', 'the fragment'],
    ['https://evil.io\\@trusted.com/', 'a backslash'],
    ['https://trusted.com:8443/', 'another port'],
    ['https://trusted.com:80/', 'the port of the other scheme'],
    ['http://trusted.com/', 'in clear words'],
    ['ws://trusted.com/', 'in clear words'],
    ['http://trusted.com:443/', 'in clear words, with the port of the other'],
    ['https://trusted.com./', 'a dot at the end'],
    ['https://trustеd.com/', 'a letter of another alphabet'],
    ['https://xn--trustd-4of.com/', 'the same as it goes over the wire'],
    ['https://sub.trusted.com/', 'below it'],
    ['https://trusted.co/', 'shorter'],
    ['https://[::1]/', 'another machine'],
    ['javascript:trusted.com', 'no server'],
    ['file://trusted.com/', 'no server of ours'],
    ['https://', 'nothing'],
    ['trusted.com', 'no address'],
    ['__proto__:trusted.com', 'a key of every object'],
    ['', 'nothing at all'],
  ])('[S15 origins] %s is not ours: %s', (url) => {
    expect(sameOrigin(url, OURS)).toBe(false);
    expect(sameOrigin(OURS, url)).toBe(false);
  });

  test('[S15 origins] what is no address is not even the same as itself', () => {
    for (const url of ['', 'trusted.com', 'https://user@trusted.com/', 'constructor:'])
      expect(sameOrigin(url, url)).toBe(false);
  });

  test.each([
    ['http://127.0.0.1:80/', 'http://127.0.0.1'],
    ['http://2130706433/', 'http://127.0.0.1'],
    ['ws://[0:0:0:0:0:0:0:1]:4517/acp', 'http://[::1]:4517'],
    ['wss://münchen.example/', 'https://xn--mnchen-3ya.example'],
  ])('[S15 origins] %s is spelled %s', (url, origin) => {
    expect(originOf(url)).toBe(origin);
  });
});

const PARTS = ['relay', 'agent', 'environment', 'terminal'] as const;

describe('what the end of a connection means', () => {
  test.each([
    [301, 'refused', /leads to another address \(301\), which is not followed/u],
    [302, 'refused', /not followed/u],
    [307, 'refused', /not followed/u],
    [200, 'refused', /answered 200 instead of a connection/u],
    [400, 'refused', /answered 400/u],
    [401, 'refused', /does not take the token/u],
    [403, 'refused', /refuses this address|does not let us in \(403\)/u],
    [404, 'refused', /at this address/u],
    [407, 'refused', /answered 407/u],
    [408, 'lost', /answered 408/u],
    [409, 'lost', /no room right now/u],
    [410, 'refused', /at this address/u],
    [425, 'lost', /answered 425/u],
    [426, 'refused', /answered 426/u],
    [429, 'lost', /no room right now/u],
    [500, 'lost', /answered 500/u],
    [502, 'lost', /answered 502/u],
    [503, 'lost', /no room right now/u],
    [504, 'lost', /answered 504/u],
  ] as const)('[socket status] an upgrade that is answered with %i is %s', (status, code, message) => {
    for (const part of PARTS) {
      const cause = new UpgradeRefused(status);
      const failure = farSocketFailure(cause, part);
      expect(failure.cause).toBe(cause);
      expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
      expect(failure.next).not.toBe(undefined);
    }
  });

  test.each([
    [1000, 'lost', /1000: because/u],
    [1001, 'lost', /is stopping/u],
    [1002, 'lost', /1002/u],
    [1003, 'lost', /1003/u],
    [1005, 'lost', /1005/u],
    [1007, 'lost', /1007/u],
    [1008, 'refused', /does not let us go on: because/u],
    [1009, 'lost', /too long/u],
    [1011, 'lost', /failed in the .*: because/u],
    [1012, 'lost', /is stopping/u],
    [1013, 'lost', /no room/u],
    [3000, 'lost', /3000/u],
    [4000, 'lost', /4000/u],
    [4401, 'refused', /does not take the token/u],
    [4403, 'refused', /does not let us in: because/u],
    [4999, 'lost', /4999/u],
  ] as const)('[socket closes] a connection that is closed with %i is %s', (number, code, message) => {
    for (const part of PARTS) {
      const failure = farSocketFailure(new SocketClosed(number, 'because'), part);
      expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
      expect(failure.next).not.toBe(undefined);
    }
  });

  test('[socket closes] 4001 is a revoked device where a relay says it, and nothing known elsewhere', () => {
    const codes = PARTS.map((part) => farSocketFailure(new SocketClosed(4001, ''), part).code);
    expect(codes).toEqual(['refused', 'lost', 'lost', 'lost']);
  });

  test('[socket closes] what we ended and what somebody has to mend stays so; all else is tried again', () => {
    const ended = new Failure('ended', 'We left.');
    const certificate = new CertificateRefused('ab', 'box.example', undefined);
    expect(farSocketFailure(ended, 'agent')).toBe(ended);
    expect(farSocketFailure(certificate, 'agent')).toBe(certificate);
    expect(farSocketFailure(new Failure('lost', 'Gone.'), 'agent')).toMatchObject({ code: 'lost', message: 'Gone.' });
    expect(farSocketFailure(new TypeError('odd'), 'agent')).toMatchObject({ code: 'lost', message: 'odd' });
  });

  test('[socket closes] of a long reason 200 characters are told', () => {
    expect(new SocketClosed(1008, 'x'.repeat(5000)).reason).toHaveLength(200);
    expect(farSocketFailure(new SocketClosed(1008, 'x'.repeat(5000)), 'agent').message.length).toBeLessThan(260);
  });
});
