/**
 * The names of the files in a zip, in its own order, from its central directory.
 * Source: APPNOTE.TXT 6.3.10, sections 4.3.12 and 4.3.16; no zip64 and no archive comment, as vsce writes it.
 * @throws Error when the bytes are no such zip
 */
export function zipNames(zip: Buffer): readonly string[] {
  const end = zip.length - 22;
  if (end < 0 || zip.readUInt32LE(end) !== 0x06054b50) throw new Error('not a zip file: its end record is missing');
  const count = zip.readUInt16LE(end + 10);
  const names: string[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    if (zip.readUInt32LE(at) !== 0x02014b50)
      throw new Error(`not a zip file: entry ${index} of its directory is damaged`);
    const [name, extra, comment] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    names.push(zip.toString('utf8', at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return names;
}
