import { X509Certificate } from 'node:crypto';
import type { TlsFiles } from '../../src/machine/door/address.ts';

/** Made for these tests: of `localhost`, `127.0.0.1` and `wheel.example`, signed by itself, worth nothing anywhere else. */
export const OWN: TlsFiles = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBsTCCAVigAwIBAgIUBksfqT0U89xLi0hCrnDFW4ArvY0wCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNd2hlZWwuZXhhbXBsZTAgFw0yNjExMjExMzI2MjdaGA8yMTI2
MTAyODEzMjYyN1owGDEWMBQGA1UEAwwNd2hlZWwuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABHLlANvq1Zpc1qRpFnaCVHcgjE1n8RJJbyhKxC3r9tab
H6gw35P8M4Ph2OGjMmfCOmBprL8RXsASeGo7+NEdf4ejfjB8MB0GA1UdDgQWBBQL
82kMLQqCdpSsl4l0iGxf51m3AjAfBgNVHSMEGDAWgBQL82kMLQqCdpSsl4l0iGxf
51m3AjAPBgNVHRMBAf8EBTADAQH/MCkGA1UdEQQiMCCCCWxvY2FsaG9zdIINd2hl
ZWwuZXhhbXBsZYcEfwAAATAKBggqhkjOPQQDAgNHADBEAiB0kvrSRE39SoCSiMeR
FOPSPdlAL9BIDxRH2Olfls5oVwIgCr5gftCbdGAhIIJnqjsOtCY4/eJLPghYiEjC
/mVZEtc=
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8L1kIzjI2FHh1Fkp
yAK8tbQjJikFX1mkNA3nFclMzVmhRANCAARy5QDb6tWaXNakaRZ2glR3IIxNZ/ES
SW8oSsQt6/bWmx+oMN+T/DOD4djhozJnwjpgaay/EV7AEnhqO/jRHX+H
-----END PRIVATE KEY-----
`,
};

/** Of somebody in between, by the same names. */
export const OTHER: TlsFiles = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBsjCCAVigAwIBAgIUTs3QYRMPztzYD4WJgXh2HIJEftYwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNd2hlZWwuZXhhbXBsZTAgFw0yNjExMjExMzI2MjdaGA8yMTI2
MTAyODEzMjYyN1owGDEWMBQGA1UEAwwNd2hlZWwuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABOmww2wzPsgLfDscYlU6o9M/7zMgHI5BUcF1rKI+EKJ8
1Abfc1lk010VbSIaozzUEPsZc0I7FlzMH6/Pa4ZRNJSjfjB8MB0GA1UdDgQWBBRq
l903v+5MGNZlLg2f1r+rJqs/8TAfBgNVHSMEGDAWgBRql903v+5MGNZlLg2f1r+r
Jqs/8TAPBgNVHRMBAf8EBTADAQH/MCkGA1UdEQQiMCCCCWxvY2FsaG9zdIINd2hl
ZWwuZXhhbXBsZYcEfwAAATAKBggqhkjOPQQDAgNIADBFAiBqV6HDGBWnrVL3O44O
+ybX7WsRGmxyhbBqFCdeFFCzEQIhAIxayQvVcRmXK705/EfvQyQ31ERRcd5bTC3g
0++U+GfP
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6xZMi76iMBVK1gew
gd0mC4lW58cEFd91zqDl4K/709ehRANCAATpsMNsMz7IC3w7HGJVOqPTP+8zIByO
QVHBdayiPhCifNQG33NZZNNdFW0iGqM81BD7GXNCOxZczB+vz2uGUTSU
-----END PRIVATE KEY-----
`,
};

/** As a setting names it: 64 lower-case hexadecimal digits. */
export const fingerprintOf = ({ cert }: Pick<TlsFiles, 'cert'>): string =>
  new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
