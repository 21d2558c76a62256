import { packageExtension } from '../tools/package.ts';
import { installOnce } from './server.ts';

/** Packages the extension unless whoever started the suite has done so; vitest calls it once before the screen tests. */
export async function setup(): Promise<() => Promise<void>> {
  return installOnce((process.env['WHEELHOUSE_VSIX'] ??= (await packageExtension()).path));
}
