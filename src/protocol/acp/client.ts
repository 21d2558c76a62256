/** What we call ourselves to agents. The version is that of the manifest; a test holds the two together. */
export const CLIENT_INFO = { name: 'wheelhouse', title: 'Wheelhouse', version: '0.1.0' } as const;
