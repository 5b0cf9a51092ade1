import { z } from 'zod';
import { bandwidthLimit } from './bandwidth.js';
import { catalog } from './catalog.js';
import { destination } from './destination.js';
import { dump } from './dump.js';
import { scriptName } from './hooks.js';
import { inheritedShape } from './inherited.js';
import { metrics } from './metrics.js';
import { schedule, scheduleName } from './schedule.js';
import { snapshots } from './snapshots.js';
import { secret } from './secret.js';
import { hostname, sshShape, tag } from './ssh.js';
import { absolutePath, duration, mapping, name, plainText, relativePath } from './words.js';

const tags = z
  .array(tag)
  .meta({
    title: 'Tags',
    description: 'Words to select by (`--tag`, `tags` of a schedule). A path has its host’s tags too.',
    examples: [['database']],
  })
  .optional();

/** Of the source as it is when its file system is mounted. */
const markerName = relativePath('a path below the source, for instance .mounted');

const path = mapping({
  path: absolutePath('an absolute directory such as /etc')
    .meta({
      title: 'Directory',
      description: 'Absolute directory on the host. Each entry has this or `dump`.',
      examples: ['/etc', '/var/www'],
    })
    .optional(),
  dump: dump
    .meta({
      title: 'Dump',
      description:
        'Instead of a directory: a database, whose own program dumps it into an archive; see [dumps.md](dumps.md).',
      examples: [{ type: 'postgresql', databases: 'all', run_as: 'postgres' }],
    })
    .optional(),
  dest_subdir: relativePath('a name such as etc or var/www')
    .max(200)
    .meta({
      title: 'Name of the source',
      description:
        'Names the source, and is its directory below the host’s. Unique within the host. Default: the path without its first slash; `root` for /; of a dump its type, with the name of a single database (`postgresql-app`).',
      examples: ['etc', 'www'],
    })
    .optional(),
  exclude_file: absolutePath('an absolute path on the worker')
    .meta({
      title: 'File with excludes',
      description:
        'A file on the worker with rsync patterns, one a line, read as rsync’s --exclude-from reads it: `+ ` before a pattern includes, lines with `#` or `;` first are comments, a lone `!` forgets all rules before it, also those of exclude and include. Its rules come after those.',
      examples: ['/etc/backup/excludes/home.txt'],
    })
    .optional(),
  marker: z
    .union([markerName, z.array(markerName).min(1).max(16)])
    .meta({
      title: 'Marker',
      description:
        'A name (or several) that must be there in the source, relative to it; where one is not, the source is held: it is taken for unmounted.',
      examples: ['.mounted', ['.mounted', 'data/.mounted']],
    })
    .optional(),
  pre_script: scriptName
    .meta({
      title: 'Script before',
      description: 'NAME or NAME.sh in scripts_dir, run before the backup; if it fails, the source is not backed up.',
      examples: ['stop_apache'],
    })
    .optional(),
  post_script: scriptName
    .meta({
      title: 'Script after',
      description: 'NAME or NAME.sh in scripts_dir, run after the backup, always: also after a failure and a cancel.',
      examples: ['start_apache'],
    })
    .optional(),
  tags,
  ...inheritedShape,
}).refine((entry) => entry.path !== undefined || entry.dump !== undefined, {
  path: ['path'],
  error: 'this is missing; write an absolute directory such as /etc, or a dump',
  // Beside other mistakes of the entry too.
  when: ({ value }) => typeof value === 'object' && value !== null,
});

const host = mapping({
  hostname: hostname.optional(),
  bandwidth_limit: bandwidthLimit('from or to this host', 'that of config').optional(),
  ...sshShape,
  tags,
  paths: z
    .array(path)
    .min(1)
    .meta({
      title: 'Paths',
      description: 'The directories to back up, each a source.',
      examples: [[{ path: '/etc', dest_subdir: 'etc' }]],
    }),
  ...inheritedShape,
});

const config = mapping({
  backup_base: absolutePath()
    .meta({
      title: 'Base of the backups',
      description: 'Directory on the worker; mirrors lie in BASE/HOST/SOURCE. It is the destination `backup_base`.',
      examples: ['/share/backup/'],
    })
    .optional(),
  lock_file: plainText('a path', 'a path')
    .meta({
      title: 'Lock file',
      description: 'Accepted and not used: Temporal locks runs, one at a time for each host.',
      examples: ['/tmp/backup.fil'],
    })
    .optional(),
  scripts_dir: absolutePath()
    .meta({
      title: 'Directory of scripts',
      description: 'Directory on the worker that holds the scripts. Default: /etc/backup/scripts.',
      examples: ['/etc/backup/scripts'],
    })
    .optional(),
  keys_dir: absolutePath()
    .meta({
      title: 'Directory of keys',
      description:
        'Directory on the worker with its own keys, made by `holdfast keys init`. Default: /etc/holdfast/keys for root, else holdfast/keys below XDG_CONFIG_HOME.',
      examples: ['/etc/holdfast/keys'],
    })
    .optional(),
  restore_identity: secret(
    'Private key for restores',
    'What opens encrypted backups where a restore names no key. Who has it can read them all: better kept elsewhere.',
  ).optional(),
  parallel_hosts: z
    .int()
    .min(1)
    .max(500)
    .meta({ title: 'Hosts at a time', description: 'So many hosts of one run at a time. Default: 20.', examples: [20] })
    .optional(),
  size_scan_limit: duration({ min: '1s', max: '7d' })
    .meta({
      title: 'Time to measure a directory',
      description:
        'How long `holdfast sizes scan` may count one directory, or read one source’s manifests; then it gives what it has, as a partial figure. Default: 10m.',
      examples: ['10m', '2h'],
    })
    .optional(),
  bandwidth_limit: bandwidthLimit('from or to each host', 'none').optional(),
  ...sshShape,
  ...inheritedShape,
}).meta({
  title: 'Settings',
  description: 'Settings of the whole configuration; what hosts and paths can have too is their default.',
});

/** An archive keeps its own record beside the hosts' directories. */
const RECORD = 'holdfast.json';

const hostName = name('a host').refine((text) => text !== RECORD, {
  error: () => `${RECORD} is a file that Holdfast keeps beside the hosts; choose another name`,
});

/** The file as it is written, before defaults and inheritance. */
export const configurationSchema = mapping({
  version: z
    .literal(1)
    .meta({ title: 'Version', description: 'Version of this file’s form. Default: 1.', examples: [1] })
    .optional(),
  config: config.optional(),
  hosts: z.record(hostName, host).meta({
    title: 'Hosts',
    description: 'The hosts, by name. The name is the directory of their backups.',
    examples: [{ server1: { paths: [{ path: '/etc' }] } }],
  }),
  destinations: z
    .record(name('a destination'), destination)
    .meta({
      title: 'Destinations',
      description: 'Places for copies, by name; see `destination`.',
      examples: [{ offsite: { type: 's3', bucket: 'backups' } }],
    })
    .optional(),
  snapshots: snapshots
    .meta({
      title: 'Snapshots',
      description: 'Snapshots of the mirrors, by the volume that they lie on: one, or a list of several.',
      examples: [{ volume: '/share', schedules: [{ type: 'daily', count: 7 }] }],
    })
    .optional(),
  catalog: catalog
    .meta({
      title: 'Catalog',
      description:
        'Where the workers keep their index of runs and backups, and the history that metrics and reports are made of. Default: a file in the worker’s state directory. Several workers need `postgres` to share one. No backup or restore needs it: `holdfast catalog rebuild` makes the index anew, `holdfast metrics backfill` the history as far back as Temporal keeps runs.',
      examples: [{ type: 'postgres', url: { file: '/etc/holdfast/catalog-url' } }],
    })
    .optional(),
  metrics: metrics
    .meta({
      title: 'Metrics',
      description: 'Where the metrics of runs go ([metrics.md](metrics.md)).',
      examples: [{ influxdb: '/etc/holdfast/influxdb.yaml' }],
    })
    .optional(),
  schedules: z
    .record(scheduleName, schedule)
    .meta({
      title: 'Schedules',
      description: 'When runs start by themselves, by name; `holdfast schedules apply` makes them.',
      examples: [{ nightly: { cron: '30 2 * * *' } }],
    })
    .optional(),
}).meta({ title: 'Holdfast configuration', description: 'Hosts, what of them is backed up, where to, and when.' });

export type ConfigurationFile = z.infer<typeof configurationSchema>;
export type ConfigEntry = NonNullable<ConfigurationFile['config']>;
export type HostEntry = ConfigurationFile['hosts'][string];
export type PathEntry = HostEntry['paths'][number];
export type DestinationEntry = NonNullable<ConfigurationFile['destinations']>[string];
export type ScheduleEntry = NonNullable<ConfigurationFile['schedules']>[string];
