import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type JsonRun, runJson, type RunningCli, startCli, startUp, stopUp } from '../support/cli.js';
import { form1 } from '../support/influx-forms.js';
import { startInfluxDb1, type TestInfluxDb1 } from '../support/influxdb1.js';

/** Mirrors of hosts that nobody asks: scans of sizes read this machine's disk only, and wait in `du` of a host until they may go on. */
let directory: string;
let influx: TestInfluxDb1;
let up: RunningCli;
const path = (name: string): string => join(directory, name);
const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: path('state') });
const holdfast = (config: string, ...words: string[]): Promise<JsonRun> =>
  runJson(['--config', path(config), ...words], environment());

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-metrics-send-'));
  influx = await startInfluxDb1();
  for (const host of ['web1', 'web2', 'web3']) await mkdir(join(path('mirrors'), host, 'www'), { recursive: true });
  await mkdir(path('programs'));
  await writeFile(join(path('programs'), 'du'), DU(directory), { mode: 0o700 });
  const metrics = { influxdb: form1(influx).mapping() };
  await configure('silent.yaml', ['web1']);
  await configure('holdfast.yaml', ['web1', 'web2'], { metrics });
  await configure('other.yaml', ['web3'], { metrics });
  up = await startUp({ ...environment(), PATH: [path('programs'), process.env['PATH']].join(delimiter) });
});
afterAll(async () => {
  await influx.stop();
  await stopUp(up, path('state'));
  await rm(directory, { recursive: true, force: true });
});

const DU = (at: string): string => `#!/bin/sh
for host in web1 web2 web3; do
  case "$*" in
    */$host/*)
      touch ${at}/reached-$host
      while [ -e ${at}/closed-$host ]; do sleep 0.05; done ;;
  esac
done
exec env -u PATH du "$@"
`;

async function configure(name: string, hosts: readonly string[], more: object = {}): Promise<void> {
  const fleet = Object.fromEntries(hosts.map((host) => [host, { paths: [{ path: '/var/www', dest_subdir: 'www' }] }]));
  const file = stringify({ config: { backup_base: path('mirrors') }, hosts: fleet, ...more });
  await writeFile(path(name), file, { mode: 0o600 });
}

/** Begins a scan that waits in this host. */
async function scanUpTo(host: string, config: string, ...words: string[]) {
  await writeFile(path(`closed-${host}`), '');
  await rm(path(`reached-${host}`), { force: true });
  const scan = holdfast(config, 'sizes', 'scan', ...words);
  await expect.poll(() => existsSync(path(`reached-${host}`)), { timeout: 60_000 }).toBe(true);
  const end = async (): Promise<JsonRun> => {
    await rm(path(`closed-${host}`));
    return scan;
  };
  return { end };
}

/** How many sizes of a host the database has. */
async function sizesOf(host: string): Promise<number> {
  const { database } = influx;
  const said = await influx.admin(
    `SELECT count("total_bytes") FROM "${database}".."backup_size" WHERE "host" = '${host}'`,
  );
  return Number(/\["1970-01-01T00:00:00Z",(\d+)\]/.exec(said)?.[1] ?? 0);
}

test.each([['send'], ['send --wait'], ['test'], ['query'], ['backfill']])(
  'without metrics.influxdb `metrics %s` is a mistake of use, and says what to write',
  async (words) => {
    const { exit, stderr, documents } = await holdfast('silent.yaml', 'metrics', ...words.split(' '));
    expect(exit).toBe(2);
    expect(stderr + JSON.stringify(documents)).toMatch(
      /silent\.yaml has no metrics\.influxdb.*Add metrics\.influxdb to the configuration; docs\/metrics\.md/s,
    );
  },
);

/** `metrics send --wait`, and the scan that it waits for. */
async function sendAfterScan() {
  const words = ['--json', '--config', path('holdfast.yaml'), 'metrics', 'send', '--wait'];
  const sending = startCli(words, environment());
  const [, workflowId] = await sending.until(/"workflow_id":"(sizes-scan[^"]+)"/);
  return { sending, workflowId };
}

test('`metrics send --wait` joins a scan of all that runs already; what it measured is in the database when it ends', async () => {
  const scan = await scanUpTo('web2', 'holdfast.yaml');
  const { sending, workflowId } = await sendAfterScan();
  expect(await sizesOf('web2')).toBe(0);
  const { exit, of } = await scan.end();
  expect([exit, await sending.ended], sending.stderr()).toEqual([0, 0]);
  expect(of('started')).toEqual([expect.objectContaining({ workflow_id: workflowId })]);
  expect([await sizesOf('web1'), await sizesOf('web2')]).toEqual([1, 1]);
});

test('it waits for no scan of another configuration, and not for a part alone: a host that is measured already is said', async () => {
  const other = await scanUpTo('web3', 'other.yaml');
  const part = await scanUpTo('web1', 'holdfast.yaml', 'web1');
  const { sending } = await sendAfterScan();
  expect(await sending.ended, sending.stderr()).toBe(4);
  expect(sending.stdout()).toContain('Another scan of this host is going on.');
  expect([await sizesOf('web1'), await sizesOf('web2'), await sizesOf('web3')]).toEqual([1, 2, 0]);
  expect([(await part.end()).exit, (await other.end()).exit]).toEqual([0, 0]);
});
