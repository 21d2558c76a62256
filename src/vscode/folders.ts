import { stat } from 'node:fs/promises';

/** Whether there is a folder on the disk. */
export const isFolder = async (path: string): Promise<boolean> =>
  await stat(path).then(
    (about) => about.isDirectory(),
    () => false,
  );
