import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { runCli, startCli } from '../support/cli.js';

const leftovers = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('holdfast-demo-'));

test('the demo restores older and newer points without a difference, can be looked into, and leaves nothing behind', async () => {
  const before = await leftovers();
  const demo = startCli(['demo', '--keep']);
  const [, stateDir = '', config = ''] = await demo.until(/HOLDFAST_STATE_DIR=(\S+) \S+ --config (\S+) backups/);
  const backups = await runCli(['--config', config, '--json', 'backups'], { HOLDFAST_STATE_DIR: stateDir });
  demo.kill('SIGINT');

  expect(await demo.ended).toBe(0);
  expect(demo.stderr()).not.toMatch(/WARN|ERROR/);
  expect(demo.stdout()).toMatch(/^All 6 restored trees \([\d,]+ entries\) equal the copies made before/m);
  expect(demo.stdout().match(/no difference$/gm)).toHaveLength(6);
  expect(backups.exit).toBe(0);
  expect(backups.stdout.match(/"source":"(www|home)"/g)?.length).toBeGreaterThanOrEqual(4);
  expect(await leftovers()).toEqual(before);
}, 300_000);
