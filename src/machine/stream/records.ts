/** How output lies on the disk: records back to back, each its number, its length and its bytes. Source: §5. */

export interface StreamRecord {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

export const RECORD_HEAD = 12;

export const encodeRecords = (records: readonly StreamRecord[]): Buffer => {
  const all = Buffer.allocUnsafe(records.reduce((sum, { bytes }) => sum + RECORD_HEAD + bytes.length, 0));
  let at = 0;
  for (const { seq, bytes } of records) {
    all.writeBigUInt64BE(BigInt(seq), at);
    all.writeUInt32BE(bytes.length, at + 8);
    all.set(bytes, at + RECORD_HEAD);
    at += RECORD_HEAD + bytes.length;
  }
  return all;
};

/** Up to the first that is torn, or is none that we wrote: numbers go up, and no record is longer than `most`. */
export const decodeRecords = (bytes: Uint8Array, most: number): readonly StreamRecord[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: StreamRecord[] = [];
  let last = 0;
  for (let at = 0; at + RECORD_HEAD <= bytes.length;) {
    const seq = Number(view.getBigUint64(at));
    const length = view.getUint32(at + 8);
    const from = at + RECORD_HEAD;
    if (!Number.isSafeInteger(seq) || seq <= last || length > most || from + length > bytes.length) break;
    records.push({ seq, bytes: bytes.subarray(from, from + length) });
    last = seq;
    at = from + length;
  }
  return records;
};
