import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeTextfile } from '../../../src/activities/history/textfile.js';
import { openCatalogs } from '../../../src/providers/catalog/open-catalogs.js';
import { fleetText } from '../../../src/providers/metrics/prometheus.js';
import { sourceRecord } from '../../support/noted-records.js';
import { lintMetrics } from '../../support/prometheus.js';

let directory: string;
let configPath: string;
const path = (name: string): string => join(directory, name);
const textfile = () => path('collector/holdfast.prom');
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-textfile-'));
  configPath = path('holdfast.yaml');
  mkdirSync(path('collector'));
  configure(textfile());
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function configure(file: string | undefined, hosts = 1, rest = ''): void {
  const names = Array.from({ length: hosts }, (_, index) => `  web${index + 1}: {paths: [{path: /www}]}`);
  const metrics = file === undefined ? '' : `metrics: {prometheus: {textfile: ${JSON.stringify(file)}}}`;
  writeFileSync(configPath, `config: {backup_base: /b}\nhosts:\n${names.join('\n')}\n${metrics}\n${rest}\n`);
}

/** Writes it, and gives what was logged. */
async function write(): Promise<string[]> {
  const logged: string[] = [];
  const catalogs = openCatalogs({
    directory,
    readSecret: async () => 'postgres://nobody@127.0.0.1:9/none',
    onReplaced: () => undefined,
  });
  const noted = sourceRecord({ id: 'one', destination: 'backup_base' });
  await catalogs.use(undefined, ({ history }) => history.note([noted], { configPath, send: false }));
  const log = (_level: string, message: string, fields?: Readonly<Record<string, unknown>>): void =>
    void logged.push(`${message}: ${String(fields?.['message'])}`);
  await writeTextfile({ catalogs, fleetText, holdfastVersion: '1.2.3' }, { log }, configPath);
  return logged;
}

test('the file is whole, readable for all whatever the umask, and nothing else is beside it', async () => {
  const umask = process.umask(0o077);
  try {
    expect(await write()).toEqual([]);
  } finally {
    process.umask(umask);
  }
  const text = readFileSync(textfile(), 'utf8');
  expect(text).toMatch(/^holdfast_last_success_timestamp_seconds\{host="web1",source="www",.*\} [1-9]/m);
  expect(text).not.toContain('holdfast_overdue');
  expect(await lintMetrics(text)).toBe('');
  expect(statSync(textfile()).mode & 0o777).toBe(0o644);
  expect(readdirSync(path('collector'))).toEqual(['holdfast.prom']);
});

test('nothing is written when the configuration names none', async () => {
  configure(undefined);
  expect(await write()).toEqual([]);
  expect(readdirSync(path('collector'))).toEqual([]);
});

test('a directory that is not there, or a file that is one, is logged and no more', async () => {
  configure(path('nowhere/holdfast.prom'));
  expect(await write()).toEqual([expect.stringMatching(/^the Prometheus textfile was not written: ENOENT.*nowhere/)]);
  mkdirSync(textfile());
  configure(textfile());
  expect(await write()).toEqual([expect.stringMatching(/was not written: (EISDIR|ENOTEMPTY|EEXIST)/)]);
  expect(readdirSync(path('collector'))).toEqual(['holdfast.prom']);
});

test.each([
  ['full', 'size=64k', /ENOSPC/],
  ['read-only', 'size=4m,ro', /EROFS/],
])('a file system that is %s is logged, and the file stays as it was', async (_what, options, reason) => {
  configure(undefined);
  await write();
  execFileSync('mount', ['-t', 'tmpfs', '-o', options.replace(',ro', ''), 'tmpfs', path('collector')]);
  try {
    writeFileSync(textfile(), 'as it was\n');
    if (options.endsWith(',ro')) execFileSync('mount', ['-o', 'remount,ro', path('collector')]);
    configure(textfile(), 100);
    expect(await write()).toEqual([expect.stringMatching(reason)]);
    expect(readdirSync(path('collector'))).toEqual(['holdfast.prom']);
    expect(readFileSync(textfile(), 'utf8')).toBe('as it was\n');
  } finally {
    execFileSync('umount', [path('collector')]);
  }
});

test('while the catalog is away, or the configuration has mistakes, the file stays: its times go on being true', async () => {
  await write();
  const before = readFileSync(textfile(), 'utf8');
  configure(textfile(), 2, 'catalog: {type: postgres, url: {env: NEVER_READ}}');
  expect(await write()).toEqual([expect.stringContaining('the catalog cannot be used')]);
  configure(textfile(), 2, 'hosts: {}');
  expect(await write()).toEqual([expect.stringContaining('was not written')]);
  expect(readFileSync(textfile(), 'utf8')).toBe(before);
});

test('who reads at any time sees a whole file, also when writers are killed; what they leave is no .prom, and is swept', async () => {
  configure(textfile(), 300);
  await write();
  const whole = readFileSync(textfile(), 'utf8');
  const script = fileURLToPath(new URL('textfile-process.ts', import.meta.url));
  for (let kill = 0; kill < 4; kill += 1) {
    const writer = spawn(process.execPath, ['--import', 'tsx', script, configPath, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const over = once(writer, 'exit');
    let written = 0;
    writer.stdout.on('data', (text: Buffer) => (written += text.toString().split('written').length - 1));
    while (written <= kill && writer.exitCode === null) {
      expect(readFileSync(textfile(), 'utf8') === whole).toBe(true);
      await turn();
    }
    // In the middle, as soon as there is something of the next one.
    for (let looks = 0; looks < 10_000 && readdirSync(path('collector')).length < 2; looks += 1) await turn();
    writer.kill('SIGKILL');
    expect((await over)[1]).toBe('SIGKILL');
    expect(readFileSync(textfile(), 'utf8') === whole).toBe(true);
  }
  const leftovers = readdirSync(path('collector')).filter((name) => name !== 'holdfast.prom');
  expect(leftovers.filter((name) => name.endsWith('.prom'))).toEqual([]);
  writeFileSync(path('collector/holdfast.prom.0123456789ab.tmp'), '');
  writeFileSync(path('collector/other.prom.0123456789ab.tmp'), '');
  const old = new Date(Date.now() - 7_200_000);
  for (const name of readdirSync(path('collector'))) utimesSync(path(`collector/${name}`), old, old);
  writeFileSync(path('collector/holdfast.prom.ba9876543210.tmp'), 'under way');
  expect(await write()).toEqual([]);
  expect(readdirSync(path('collector')).toSorted()).toEqual([
    'holdfast.prom',
    'holdfast.prom.ba9876543210.tmp',
    'other.prom.0123456789ab.tmp',
  ]);
});
