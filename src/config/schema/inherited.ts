import { z } from 'zod';
import { rsyncOptions } from './rsync-words.js';
import { duration, name, plainText, size } from './words.js';

const excludePattern = plainText('a pattern', 'an rsync pattern on one line, for instance "*.tmp" or "/cache/"');

/** What may stand under `config`, a host or a path; the nearest one counts, lists add up from the outside in. */
export const inheritedShape = {
  engine: z
    .enum(['mirror', 'archive'])
    .meta({
      title: 'Engine',
      description:
        '`mirror`: one living copy by rsync. `archive`: a chain of tar archives that holds every point in time. Default: mirror.',
      examples: ['mirror', 'archive'],
    })
    .optional(),
  destination: name('a destination')
    .meta({
      title: 'Destination',
      description:
        'Where copies go: a name of `destinations`, or `backup_base`. Default: backup_base. Under `config` it is for archives; a mirror stays in backup_base unless its host or path says otherwise.',
      examples: ['offsite', 'backup_base'],
    })
    .optional(),
  rsync_options: rsyncOptions
    .meta({
      title: 'rsync options',
      description:
        'Further options of rsync for mirrors: one text (split at blanks, quotes as in a shell, nothing expanded) or a list of words. They add up: config, host, path.',
      examples: ['-z --bwlimit=10m', ['--exclude=*.iso', '--one-file-system']],
    })
    .optional(),
  exclude: z
    .array(excludePattern)
    .meta({
      title: 'Excludes',
      description: 'rsync patterns of what is left out, for both engines. They add up: config, host, path.',
      examples: [['*.tmp', '/cache/']],
    })
    .optional(),
  preserve_ownership: z
    .boolean()
    .meta({ title: 'Preserve ownership', description: 'Keep owners and groups. Default: true.', examples: [false] })
    .optional(),
  run_on: z
    .enum(['host', 'worker'])
    .meta({
      title: 'Where scripts run',
      description: 'pre_script and post_script run on the host (over ssh) or on the worker. Default: host.',
      examples: ['host', 'worker'],
    })
    .optional(),
  script_timeout: duration({ min: '1s', max: '2d' })
    .meta({ title: 'Script timeout', description: 'How long a script may run. Default: 10m.', examples: ['5m', 300] })
    .optional(),
  timeout: duration({ min: '1m', max: '30d' })
    .meta({
      title: 'Time limit',
      description: 'How long the backup of one source may take, retries included. Default: 24h.',
      examples: ['6h'],
    })
    .optional(),
  max_delete: z
    .number()
    .min(0)
    .max(100)
    .meta({
      title: 'Deletions that hold a source',
      description:
        'Share of the last backup’s entries, in percent; when more are gone, the source is held until a person approves. Default: 50.',
      examples: [20],
    })
    .optional(),
  no_incremental: z
    .boolean()
    .meta({
      title: 'No levels',
      description: 'Every archive is a full one (level 0). Default: false.',
      examples: [true],
    })
    .optional(),
  max_level: z
    .int()
    .min(0)
    .max(9_999)
    .meta({
      title: 'Highest level',
      description: 'Levels 0 to this one, then a new level 0. Default: 13, so a full archive every 14th time.',
      examples: [6],
    })
    .optional(),
  always_level: z
    .int()
    .min(1)
    .max(9_999)
    .meta({
      title: 'Level to stay at',
      description: 'Levels 0 to this one, then always this one, each with all changes since the level below.',
      examples: [1],
    })
    .optional(),
  restart_always_level: z
    .int()
    .min(1)
    .max(3_650)
    .meta({
      title: 'Restart after days',
      description: 'With always_level: a new level 0 after so many days.',
      examples: [30],
    })
    .optional(),
  shard_size: size({ min: '1MiB', max: '16GiB' })
    .meta({
      title: 'Shard size',
      description: 'Raw size at which an archive is cut into the next object. Default: 128MiB.',
      examples: ['128MiB', '1GiB'],
    })
    .optional(),
  compression_level: z
    .int()
    .min(1)
    .max(19)
    .meta({
      title: 'Compression level',
      description: 'zstd’s level for archives, 1 (fast) to 19 (small). Default: 3.',
      examples: [3],
    })
    .optional(),
  parallel_shards: z
    .int()
    .min(1)
    .max(16)
    .meta({
      title: 'Shards at a time',
      description: 'So many shards of one source at a time, each over a connection of its own. Default: 2.',
      examples: [2],
    })
    .optional(),
} as const;
