/** Takes the lock of a folder when a line arrives, says what came of it, and lives until its input ends. */
import { once } from 'node:events';
import process from 'node:process';
import { Failure } from '../../src/base/failure.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { realDisk } from '../../src/machine/disk.ts';
import { Locks } from '../../src/machine/lock.ts';
import { systemProcesses } from '../../src/machine/processIdentity.ts';

const [folder = ''] = process.argv.slice(2);
const locks = new Locks({ disk: realDisk, clock: systemClock, processes: systemProcesses, pid: process.pid });

process.stdout.write('ready\n');
await once(process.stdin, 'data');
try {
  await locks.take(folder, () => process.stdout.write('lost\n'));
  process.stdout.write('taken\n');
} catch (failure) {
  process.stdout.write(failure instanceof Failure ? `${failure.code}\n` : `${String(failure)}\n`);
}
process.stdin.resume();
await once(process.stdin, 'end');
process.exit(0);
