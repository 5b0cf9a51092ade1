/**
 * A fleet by hand: `npx tsx test/fleet.ts 20 [--faults down,slow] [--loopback]` starts so many hosts, writes a configuration for them, and removes all of it
 * on Ctrl-C. The faults go to the last hosts.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { fleetConfiguration } from './support/fleet/configuration.js';
import { type Fault, FAULTS } from './support/fleet/fault.js';
import { startFleet } from './support/fleet/fleet.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { faults: { type: 'string', default: '' }, loopback: { type: 'boolean', default: false } },
});
const faults = values.faults.split(',').filter((name) => name !== '');
const unknown = faults.filter((name) => !FAULTS.some((fault) => fault === name));
const count = Number(positionals[0] ?? '20');
if (unknown.length > 0 || !Number.isInteger(count) || count < Math.max(1, faults.length)) {
  process.stderr.write(`Usage: npx tsx test/fleet.ts HOSTS [--faults ${FAULTS.join(',')}] [--loopback]\n`);
  process.exit(2);
}

// Listened for from the beginning: what is half made is removed too.
const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});
const well = Array<undefined>(count - faults.length).fill(undefined);
const fleet = await startFleet({
  hosts: [...well, ...(faults as Fault[])],
  ...(values.loopback ? { ground: 'loopback' as const } : {}),
});
try {
  const backupBase = join(fleet.directory, 'backups');
  await mkdir(backupBase);
  const file = join(fleet.directory, 'holdfast.yaml');
  const yaml = stringify(fleetConfiguration(fleet, { backupBase }));
  await writeFile(file, yaml);
  process.stdout.write(`# ${file}\n${yaml}`);
  process.stderr.write(`${count} hosts are up. Try: holdfast --config ${file} backup\nCtrl-C ends and removes them.\n`);
  const idle = setInterval(() => undefined, 1 << 30);
  await stopped;
  clearInterval(idle);
} finally {
  await fleet.stop();
}
