const POLYNOMIAL = 0x04c11db7;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value < 0 ? (value << 1) ^ POLYNOMIAL : value << 1;
  return value;
});

/**
 * What the `cksum` of POSIX prints for these bytes: the one checksum that every system can compute. It tells a change that
 * somebody made meanwhile, and no forgery.
 */
export const checksum = (bytes: Uint8Array): string => {
  let sum = 0;
  const add = (byte: number): void => {
    sum = (sum << 8) ^ (TABLE[(sum >>> 24) ^ byte] ?? 0);
  };
  for (const byte of bytes) add(byte);
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) add(length % 256);
  return `${~sum >>> 0} ${bytes.length}`;
};
