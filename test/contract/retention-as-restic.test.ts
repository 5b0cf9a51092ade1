import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { backupId, parseBackupId } from '../../src/core/ids.js';
import { decideRetention, type KeepRules, type KeptOrNot } from '../../src/core/retention/retention.js';

const HOUR_MS = 3_600_000;
const run = promisify(execFile);

test('the rules keep what restic’s rules of the same names keep', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-restic-'));
  const env = {
    PATH: process.env['PATH'],
    HOME: directory,
    TZ: 'UTC',
    RESTIC_PASSWORD: 'x',
    RESTIC_REPOSITORY: directory,
  };
  const restic = async (...args: string[]): Promise<string> =>
    (await run('restic', ['--no-cache', '--quiet', ...args], { env })).stdout;
  try {
    await restic('init');
    const file = join(directory, 'file');
    await writeFile(file, 'x');
    const hours = [0, 1, 3, 20, 23, 24, 47, 48, 90, 200, 360, 700, 760, 1_500, 4_300, 8_700, 8_900, 17_600];
    // The clock of restic's --time has whole seconds; a week's, a month's and a year's turn are among them.
    const times = hours.map((hour) => Date.UTC(2026, 0, 5, 1, 30, 7) - hour * HOUR_MS);
    const stamp = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');
    for (const timeMs of times) await restic('backup', '--host', 'web1', '--time', stamp(timeMs), file);
    const backups = times.map((timeMs): KeptOrNot => {
      const id = backupId(timeMs, 0);
      return { id, chain: [id], state: 'good', pinned: false };
    });
    const rules: KeepRules[] = [
      { last: 3 },
      { hourly: 5 },
      { daily: 4 },
      { weekly: 5, yearly: 1 },
      { monthly: 4, last: 2 },
      { yearly: 3 },
      { withinMs: 48 * HOUR_MS },
      { last: 1, hourly: 2, daily: 3, weekly: 2, monthly: 2, yearly: 2, withinMs: 2 * HOUR_MS },
    ];
    for (const keep of rules) {
      const args = Object.entries(keep).flatMap(([rule, value]) =>
        rule === 'withinMs' ? ['--keep-within', `${Number(value) / HOUR_MS}h`] : [`--keep-${rule}`, String(value)],
      );
      const [group] = JSON.parse(await restic('forget', '--dry-run', '--json', '--group-by', 'host', ...args)) as [
        { keep: { time: string }[] },
      ];
      const expected = group.keep.map(({ time }) => Date.parse(time));
      const kept = decideRetention(backups, { keep, minimum: 1, graceMs: 0 }).filter(({ goes }) => !goes);
      // Newer versions of restic keep the very oldest too while a rule's number is not used up.
      const oldest = Math.min(...times);
      const notOldest = (timeMs: number | undefined): boolean => timeMs !== oldest;
      expect(kept.map(({ id }) => parseBackupId(id)?.timeMs).filter(notOldest), JSON.stringify(keep)).toEqual(
        expected.filter(notOldest),
      );
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
