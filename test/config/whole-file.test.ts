import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { effectiveLines, effectiveValues } from '../../src/config/effective.js';
import { loadConfig } from '../../src/config/load.js';

const FILE = fileURLToPath(new URL('files/whole.yaml', import.meta.url));
const configuration = await loadConfig(FILE);

const COMMON = {
  engine: 'mirror',
  exclude: [],
  rsyncOptions: ['-avz', '--delete', '--numeric-ids', '--stats', '--human-readable'],
  maxDeletePercent: 50,
  levels: { noIncremental: false, maxLevel: 13 },
  archive: { shardSizeBytes: 128 * 1024 * 1024, largeFileSizeBytes: 1024 ** 3, compressionLevel: 3, parallelShards: 2 },
  tags: [],
  timeoutMs: 86_400_000,
  destination: { name: 'backup_base', type: 'local', path: '/share/backup' },
  snapshots: {
    volume: '/share',
    method: 'auto',
    rules: [
      { kind: 'hourly', count: 6, intervalMs: 14_400_000 },
      { kind: 'daily', count: 7, intervalMs: 86_400_000 },
    ],
  },
};
const script = (name: string) => ({ name, scriptsDir: '/etc/backup/scripts', runOn: 'host', timeoutMs: 600_000 });

test('a file of the old form works unchanged, with the old meaning', () => {
  expect(configuration.hosts).toEqual([
    {
      name: 'server1',
      ssh: {
        hostname: 'server1.example.com',
        user: 'backup',
        identityFile: '/root/.ssh/backup_key',
        options: {},
        connectTimeoutSeconds: 15,
      },
      ignorePing: false,
      tags: [],
      sources: [
        { ...COMMON, name: 'etc', path: '/etc', preserveOwnership: false },
        {
          ...COMMON,
          name: 'home',
          path: '/home',
          preserveOwnership: false,
          excludeFile: '/etc/backup/excludes/home.txt',
        },
      ],
    },
    {
      name: 'server2',
      ssh: { hostname: 'server2.local', user: 'root', options: {}, connectTimeoutSeconds: 15 },
      ignorePing: true,
      tags: [],
      sources: [
        {
          ...COMMON,
          name: 'www',
          path: '/var/www',
          preserveOwnership: true,
          preScript: script('stop_apache'),
          postScript: script('start_apache'),
        },
      ],
    },
  ]);
});

test('what the old file asks for and is not done is said in every run', () => {
  expect(configuration.notes).toEqual([
    'config.lock_file is not used: Temporal locks runs, one at a time for each host.',
  ]);
});

test('a plan survives JSON as it is', () => {
  expect(JSON.parse(JSON.stringify(configuration.hosts))).toEqual(configuration.hosts);
});

test('every setting is shown with where it comes from', () => {
  expect(effectiveLines({ ...configuration, path: 'whole.yaml' }, effectiveValues(configuration, ['server1']))).toEqual(
    [
      '# whole.yaml',
      'hosts:',
      '  server1:',
      '    ssh_user: backup  # line 7',
      '    hostname: server1.example.com  # line 9',
      '    ssh_key: /root/.ssh/backup_key  # line 8',
      '    connect_timeout: "15s"  # default',
      '    ignore_ping: false  # default',
      '    sources:',
      '      etc:',
      '        path: /etc  # line 12',
      '        dest_subdir: etc  # line 13',
      '        engine: mirror  # default',
      '        destination: backup_base  # default',
      '        rsync_options: ["-avz","--delete","--numeric-ids","--stats","--human-readable"]  # line 4, from config',
      '        preserve_ownership: false  # line 10, from host',
      '        max_delete: 50  # default',
      '        snapshots: "hourly 6 (every-4h), daily 7"  # line 26',
      '        timeout: "24h"  # default',
      '      home:',
      '        path: /home  # line 14',
      '        dest_subdir: home  # line 15',
      '        engine: mirror  # default',
      '        destination: backup_base  # default',
      '        exclude_file: /etc/backup/excludes/home.txt  # line 16',
      '        rsync_options: ["-avz","--delete","--numeric-ids","--stats","--human-readable"]  # line 4, from config',
      '        preserve_ownership: false  # line 10, from host',
      '        max_delete: 50  # default',
      '        snapshots: "hourly 6 (every-4h), daily 7"  # line 26',
      '        timeout: "24h"  # default',
    ],
  );
});
