import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { runCli, startCli } from '../support/cli.js';

const leftovers = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('holdfast-demo-'));

test('the demo restores older and newer points of both engines without a difference, and leaves nothing behind', async () => {
  const before = await leftovers();
  const { exit, stdout, stderr } = await runCli(['demo']);

  expect(stderr).toBe('');
  expect(stdout).toMatch(/^All 6 restored trees \([\d,]+ entries\) equal the copies made before/m);
  expect(stdout.match(/no difference$/gm)).toHaveLength(6);
  expect(exit).toBe(0);
  expect(await leftovers()).toEqual(before);
});

test('the demo with --keep stays, tells how to look, and ends with Ctrl-C', async () => {
  const before = await leftovers();
  const demo = startCli(['demo', '--keep']);
  const [, stateDir, config] = await demo.until(/HOLDFAST_STATE_DIR=(\S+) \.\/bin\/holdfast --config (\S+) backups/);
  const backups = await runCli(['--config', config ?? '', 'backups', '--json'], { HOLDFAST_STATE_DIR: stateDir ?? '' });
  demo.kill('SIGINT');

  expect(backups.exit).toBe(0);
  expect(await demo.ended).toBe(0);
  expect(await leftovers()).toEqual(before);
});
