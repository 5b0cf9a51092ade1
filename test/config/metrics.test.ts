import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCachedLoader } from '../../src/config/cache.js';
import { effectiveLines, effectiveValues } from '../../src/config/effective.js';
import { ConfigInvalidError, loadConfig, parseConfig } from '../../src/config/load.js';
import { localWarnings } from '../../src/config/local-warnings.js';

const HOSTS = 'config: {backup_base: /b}\nhosts: {h: {paths: [{path: /x}]}}\n';
const FORM_2 = '{host: localhost, port: 8086, ssl: false, token: T, organization: home, bucket: backup}';
const FORM_1 =
  '{host: localhost, port: 8086, ssl: false, database: backup_metrics, username: backup_user, password: backup_password}';

const PLAN_2 = {
  version: 2,
  url: 'http://localhost:8086',
  timeoutMs: 10_000,
  organization: 'home',
  bucket: 'backup',
  token: { text: 'T' },
};
const PLAN_1 = {
  version: 1,
  url: 'http://localhost:8086',
  timeoutMs: 10_000,
  database: 'backup_metrics',
  username: 'backup_user',
  password: { text: 'backup_password' },
};

let directory: string;
let configPath: string;
let influxPath: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-metrics-'));
  configPath = join(directory, 'config.yaml');
  influxPath = join(directory, 'influxdb.yaml');
});
afterAll(() => rm(directory, { recursive: true }));

const inline = (influxdb: string) => parseConfig(`${HOSTS}metrics:\n  influxdb: ${influxdb}\n`, 'f').metrics?.influxdb;

async function withFile(content: string): Promise<string> {
  await writeFile(configPath, `${HOSTS}metrics:\n  influxdb: ${influxPath}\n`);
  await writeFile(influxPath, content);
  for (const file of [configPath, influxPath]) await chmod(file, 0o600);
  return configPath;
}

async function mistakesOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'no mistake';
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.message;
    throw error;
  }
}

test.each([
  ['2.x', FORM_2, PLAN_2],
  ['1.x', FORM_1, PLAN_1],
])('the form of %s works unchanged below metrics, and as a file of its own', async (_, form, plan) => {
  expect(inline(form)).toEqual(plan);
  const { metrics } = await loadConfig(await withFile(`influxdb: ${form}\n`));
  expect(metrics?.influxdb).toEqual(plan);
});

test('what is left out has its default, what is given counts', () => {
  expect(inline('{host: db, database: m}')).toEqual({
    version: 1,
    url: 'http://db:8086',
    timeoutMs: 10_000,
    database: 'm',
  });
  expect(
    inline(
      '{host: "2001:db8::7", port: 443, ssl: true, ca_file: /ca.pem, timeout: 30s, token: {file: /t}, organization: o, bucket: b}',
    ),
  ).toEqual({
    version: 2,
    url: 'https://[2001:db8::7]:443',
    caFile: '/ca.pem',
    timeoutMs: 30_000,
    organization: 'o',
    bucket: 'b',
    token: { file: '/t' },
  });
  expect(inline('{host: h, database: m, retention_policy: year, username: u, password: {env: PW}}')).toMatchObject({
    retentionPolicy: 'year',
    password: { env: 'PW' },
  });
  expect(inline('{host: h, database: m, username: u, password: {command: [pass, show]}}')).toMatchObject({
    password: { command: ['pass', 'show'] },
  });
});

test('without metrics there are none, and prometheus stands alone', () => {
  expect(parseConfig(HOSTS, 'f').metrics).toBeUndefined();
  const { metrics } = parseConfig(`${HOSTS}metrics: {prometheus: {textfile: /var/lib/node/holdfast.prom}}`, 'f');
  expect(metrics).toEqual({ prometheus: { textfile: '/var/lib/node/holdfast.prom' } });
});

test.each([
  ['{host: h}', '4:3: metrics.influxdb: it does not say which database; write token, organization and bucket'],
  ['{host: h, token: canary, bucket: b}', 'metrics.influxdb: organization is missing; InfluxDB 2.x needs'],
  ['{host: h, bucket: b}', 'metrics.influxdb: token and organization are missing'],
  ['{host: h, username: u, password: canary}', 'metrics.influxdb: database is missing'],
  ['{host: h, database: d, username: u}', 'metrics.influxdb: password is missing; write both'],
  ['{host: h, database: d, password: canary}', 'metrics.influxdb: username is missing; write both'],
  [
    '{host: h, token: canary, organization: o, bucket: b, database: d}',
    '4:66: metrics.influxdb.database: database is for InfluxDB 1.x, token for 2.x; write',
  ],
  ['{host: h, database: d, ca_file: /ca.pem}', 'metrics.influxdb.ca_file: this counts with TLS only; write ssl: true'],
  ['{database: d}', 'metrics.influxdb.host: this is missing; write only the name'],
  ['{host: "http://h:8086", database: d}', 'is not a host name or address; write only the name, without http://'],
  ['{host: h, port: 70000, database: d}', '70000 is too big; at most 65535'],
  ['{host: h, database: d, username: "a:b", password: canary}', 'write it without ":"'],
  ['{host: h, databas: d}', 'metrics.influxdb.databas: this key is not known here; did you mean "database"?'],
  ['{host: h, database: d, timeout: 0.1s}', 'write 1s to 5m'],
  ['5', '5 cannot stand here; write a mapping with host'],
  ['influxdb.yaml', 'is not an absolute path'],
  ['[canary]', 'a list cannot stand here'],
])('%s is a mistake with its place and what to write', async (written, message) => {
  const mistakes = await mistakesOf(() => inline(written));
  expect(mistakes).toContain(message);
  expect(mistakes).not.toContain('canary');
  expect(mistakes.split('\n')).toHaveLength(2);
});

test('mistakes of the file of its own are named with that file’s places, beside those of the configuration', async () => {
  await withFile('influxdb:\n  host: h\n  token: canary\n  port: 0\n  colour: 5\n');
  expect(await mistakesOf(() => loadConfig(configPath))).toBe(
    [
      `${configPath} has 2 mistakes:`,
      `${influxPath}:4:9: influxdb.port: 0 is too small; at least 1`,
      `${influxPath}:5:3: influxdb.colour: this key is not known here; there are host, port, ssl, ca_file, timeout, token, organization, bucket, database, username, password, retention_policy`,
    ].join('\n'),
  );
  await withFile('influxdb:\n  host: h\n  token: canary\n  bucket: b\n');
  expect(await mistakesOf(() => loadConfig(configPath))).toContain(
    `${influxPath}:1:1: influxdb: organization is missing; InfluxDB 2.x needs`,
  );
  await withFile('host: h\ndatabase: d\n');
  expect(await mistakesOf(() => loadConfig(configPath))).toContain(
    `${influxPath}:1:1: influxdb: this is missing; write`,
  );
  await withFile('');
  expect(await mistakesOf(() => loadConfig(configPath))).toContain(
    `${influxPath}:1:1: the file is empty; write influxdb with`,
  );
  await withFile('influxdb: [');
  expect(await mistakesOf(() => loadConfig(configPath))).toContain(`${influxPath}:1:12: this is not valid YAML`);
});

test('a file that is not there is no mistake: it is said in every run, and what is to be sent waits', async () => {
  await withFile(`influxdb: ${FORM_2}\n`);
  await rm(influxPath);
  const { metrics, notes } = await loadConfig(configPath);
  expect(metrics?.influxdb).toEqual({ unread: `${influxPath} does not exist.` });
  expect(notes).toEqual([`metrics.influxdb: ${influxPath} does not exist. Nothing is sent; what is to be sent waits.`]);
});

test('a corrected file counts at once, although the configuration is kept', async () => {
  const load = createCachedLoader();
  await withFile(`influxdb: ${FORM_2}\n`);
  const first = await load(configPath);
  expect(await load(configPath)).toBe(first);
  await writeFile(influxPath, `influxdb: ${FORM_1}\n`);
  expect((await load(configPath)).metrics?.influxdb).toEqual(PLAN_1);
  await rm(influxPath);
  expect((await load(configPath)).metrics?.influxdb).toHaveProperty('unread');
  await writeFile(influxPath, `influxdb: ${FORM_2}\n`);
  expect((await load(configPath)).metrics?.influxdb).toEqual(PLAN_2);
});

/** What would be read as something else than text, and what a person may have written instead. */
const SECRETS = [
  'canary',
  '"canary canary"',
  '"canary\\n"',
  '7357canary',
  '7357',
  '*canary',
  '&canary',
  '!canary',
  '!canary x',
  '@canary',
  '`canary`',
  '%canary',
  '|canary',
  '>canary',
  '{canary}',
  '{canary: 1}',
  '[canary]',
  '"canary',
  "'canary",
  '"canary" canary',
  'canary: canary',
  'canary]canary',
  'canary}canary',
  '{env: "canary canary"}',
  '{file: canary}',
  '{command: canary}',
  '{text: canary}',
  '"canary\\qcanary"',
  '- canary',
  '? canary',
  '"\\u0000canary"',
  'ünïcanary',
];

test.each(SECRETS)('the secret %s never shows, whatever is wrong with it', async (secret) => {
  for (const key of ['token', 'password']) {
    const rest = key === 'token' ? 'organization: o\n    bucket: b' : 'database: d\n    username: u';
    for (const more of ['', '\n    colour: 1', '\n    port: x']) {
      const text = `${HOSTS}metrics:\n  influxdb:\n    host: h\n    ${key}: ${secret}\n    ${rest}${more}\n`;
      const said = await mistakesOf(() => {
        const configuration = parseConfig(text, 'f');
        const values = effectiveValues(configuration, []);
        const shown = [...effectiveLines(configuration, values), JSON.stringify(values), ...configuration.notes];
        if (/canary|7357/.test(shown.join())) throw new Error(shown.join('\n'));
      });
      expect(said).not.toMatch(/canary|7357/);
    }
  }
});

test('a secret that others may read is a warning, of the file that it stands in', async () => {
  await withFile(`influxdb: ${FORM_2}\n`);
  expect((await localWarnings(await loadConfig(configPath))).join()).not.toContain('holds a secret');
  await chmod(influxPath, 0o644);
  expect(await localWarnings(await loadConfig(configPath))).toContainEqual(
    expect.stringMatching(/influxdb.yaml holds a secret and can be read by others.*chmod o-r/),
  );
  await writeFile(influxPath, 'influxdb: {host: h, token: {file: /t}, organization: o, bucket: b}');
  expect((await localWarnings(await loadConfig(configPath))).join()).not.toContain('holds a secret');
  await writeFile(configPath, `${HOSTS}metrics: {influxdb: ${FORM_1}}`);
  await chmod(configPath, 0o604);
  expect((await localWarnings(await loadConfig(configPath))).join()).toContain('config.yaml holds a secret');
});

test('a directory for the textfile that is not on this machine is a warning; the file itself is yet to be made', async () => {
  const warnings = async (textfile: string): Promise<readonly string[]> => {
    await writeFile(configPath, `${HOSTS}metrics: {prometheus: {textfile: ${textfile}}}`);
    return (await localWarnings(await loadConfig(configPath))).filter((warning) => warning.includes('textfile'));
  };
  const directory = dirname(configPath);
  expect(await warnings(join(directory, 'holdfast.prom'))).toEqual([]);
  expect(await warnings(join(directory, 'none/holdfast.prom'))).toEqual([
    `directory of the textfile of metrics.prometheus: ${join(directory, 'none')} is not on this machine`,
  ]);
});

test('what counts is shown with its origin; of a secret in the file only that it is there', () => {
  const configuration = parseConfig(`${HOSTS}metrics:\n  influxdb: ${FORM_2}\n`, 'f');
  const lines = effectiveLines(configuration, effectiveValues(configuration, []));
  expect(lines.slice(lines.indexOf('metrics:'))).toEqual([
    'metrics:',
    '  influxdb:',
    '    port: 8086  # line 4',
    '    ssl: false  # line 4',
    '    timeout: "10s"  # default',
    '    host: localhost  # line 4',
    '    token: "(not shown)"  # line 4',
    '    organization: home  # line 4',
    '    bucket: backup  # line 4',
  ]);
});
