import { expect, test } from 'vitest';
import type { SourcePlan } from '../../src/core/plan.js';
import { parseConfig } from '../../src/config/load.js';

const sourcesOf = (text: string): readonly SourcePlan[] =>
  parseConfig(text, 'f').hosts.flatMap(({ sources }) => sources);

const THREE_PLACES = `
config:
  backup_base: /b
  engine: archive
  max_delete: 10
  timeout: 1h
  exclude: [a]
  rsync_options: -z
  ssh_port: 22
  ssh_options: {Compression: yes, Ciphers: x}
hosts:
  h:
    max_delete: 20
    timeout: 2h
    exclude: [b]
    rsync_options: [--bwlimit=1m]
    ssh_port: 23
    ssh_options: {compression: no, MACs: y}
    tags: [t]
    paths:
      - {path: /own, max_delete: 30, timeout: 3h, engine: mirror, exclude: [c], rsync_options: "--exclude='x y'", tags: [u, t]}
      - {path: /none}
  i:
    paths: [{path: /}]
`;

test('the nearest place counts: path, host, config, default', () => {
  expect(
    sourcesOf(THREE_PLACES).map(({ name, engine, maxDeletePercent, timeoutMs }) => [
      name,
      engine,
      maxDeletePercent,
      timeoutMs / 3_600_000,
    ]),
  ).toEqual([
    ['own', 'mirror', 30, 3],
    ['none', 'archive', 20, 2],
    ['root', 'archive', 10, 1],
  ]);
});

test('options of rsync and tags add up from the outside in, rules from the nearest place out', () => {
  const [own, none] = sourcesOf(THREE_PLACES);
  expect(own).toMatchObject({
    exclude: ['c', 'b', 'a'],
    rsyncOptions: ['-z', '--bwlimit=1m', '--exclude=x y'],
    tags: ['t', 'u'],
  });
  expect(none).toMatchObject({ exclude: ['b', 'a'], rsyncOptions: ['-z', '--bwlimit=1m'], tags: ['t'] });
});

test('ssh options are joined by name, whatever its case, and the host’s win', () => {
  const [host, other] = parseConfig(THREE_PLACES, 'f').hosts;
  expect(host?.ssh).toMatchObject({ port: 23, options: { Compression: 'no', Ciphers: 'x', MACs: 'y' } });
  expect(other?.ssh).toMatchObject({ port: 22, options: { Compression: 'yes', Ciphers: 'x' } });
});

test('without ssh_user and hostname ssh itself decides', () => {
  const ssh = parseConfig('config: {backup_base: /b}\nhosts: {h: {paths: [{path: /a}]}}', 'f').hosts[0]?.ssh;
  expect(ssh).toEqual({ options: {}, connectTimeoutSeconds: 15 });
});

test('the nearest place that says anything of levels decides all of it', () => {
  const levels = sourcesOf(`
config: {backup_base: /b, always_level: 2, restart_always_level: 30}
hosts:
  h:
    paths:
      - {path: /inherits}
      - {path: /own, max_level: 4}
      - {path: /none, no_incremental: true}
`).map((source) => source.levels);
  expect(levels).toEqual([
    { noIncremental: false, maxLevel: 13, alwaysLevel: 2, restartAlwaysLevelDays: 30 },
    { noIncremental: false, maxLevel: 4 },
    { noIncremental: true, maxLevel: 13 },
  ]);
});

test('mirrors go to backup_base, archives to config.destination, unless host or path say otherwise', () => {
  const text = `
config: {backup_base: /b, destination: far}
hosts:
  h:
    paths: [{path: /m}, {path: /a, engine: archive}, {path: /x, engine: archive, destination: near}, {path: /y, destination: near}, {path: /z, engine: archive, destination: backup_base}]
  i: {destination: near, paths: [{path: /m}, {path: /a, engine: archive}]}
destinations:
  far: {type: s3, bucket: bbb, endpoint: "http://[::1]:7070"}
  near: {type: local, path: /near//}
`;
  expect(sourcesOf(text).map(({ destination }) => destination.name)).toEqual([
    'backup_base',
    'far',
    'near',
    'near',
    'backup_base',
    'near',
    'near',
  ]);
  expect(sourcesOf(text)[1]?.destination).toEqual({
    name: 'far',
    type: 's3',
    bucket: 'bbb',
    prefix: '',
    endpoint: 'http://[::1]:7070',
    pathStyle: true,
  });
  expect(sourcesOf(text)[2]?.destination).toEqual({ name: 'near', type: 'local', path: '/near' });
});

test('without backup_base a local destination of config serves mirrors too', () => {
  const text =
    'config: {destination: near}\nhosts: {h: {paths: [{path: /a}]}}\ndestinations: {near: {type: local, path: /n}}';
  expect(sourcesOf(text)[0]?.destination.name).toBe('near');
});

test('secrets stay references in plans', () => {
  const text = `
hosts: {h: {engine: archive, destination: o, paths: [{path: /a}]}}
destinations:
  o: {type: s3, bucket: bbb, access_key_id: {env: A}, secret_access_key: {file: /s}, session_token: {command: [pass, x]}}
`;
  expect(sourcesOf(text)[0]?.destination).toMatchObject({
    accessKeyId: { env: 'A' },
    secretAccessKey: { file: '/s' },
    sessionToken: { command: ['pass', 'x'] },
  });
});

test('a schedule says when, of what, and catches up for one interval at most', () => {
  const { schedules } = parseConfig(
    `
config: {backup_base: /b}
hosts: {h: {tags: [t], paths: [{path: /a}]}}
schedules:
  night: {cron: "30 2 * * *", timezone: Europe/Berlin, jitter: 10m}
  often: {every: 6h, offset: 30m, hosts: [h], sources: [a], tags: [t], overlap: buffer_one, catchup_window: 5m, paused: true, full: true}
`,
    'f',
  );
  expect(schedules).toEqual([
    {
      name: 'night',
      action: 'backup',
      readPercent: 0,
      times: { cron: ['30 2 * * *'], timezone: 'Europe/Berlin' },
      selection: { hosts: [], sources: [], tags: [] },
      full: false,
      jitterMs: 600_000,
      catchupWindowMs: 86_400_000,
      overlap: 'skip',
      paused: false,
    },
    {
      name: 'often',
      action: 'backup',
      readPercent: 0,
      times: { everyMs: 21_600_000, offsetMs: 1_800_000 },
      selection: { hosts: ['h'], sources: ['a'], tags: ['t'] },
      full: true,
      jitterMs: 0,
      catchupWindowMs: 300_000,
      overlap: 'buffer_one',
      paused: true,
    },
  ]);
});
