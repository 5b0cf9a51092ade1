import { z } from 'zod';
import { filtersShape } from './filters.js';
import { shown } from '../problems.js';
import { freeze } from './freeze.js';
import { hooks } from './hooks.js';
import { keep } from './keep.js';
import { rsyncOptions } from './rsync-words.js';
import { transferShape } from './transfer.js';
import { duration, name, size, word } from './words.js';

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
        'Further options of rsync for mirrors: one text (split at blanks, quotes as in a shell, nothing expanded) or a list of words. They add up: config, host, path; where they contradict each other the nearer place wins (docs/mirror.md).',
      examples: ['-z --bwlimit=10m', ['--exclude=*.iso', '--one-file-system']],
    })
    .optional(),
  ...transferShape,
  ...filtersShape,
  preserve_ownership: z
    .boolean()
    .meta({ title: 'Preserve ownership', description: 'Keep owners and groups. Default: true.', examples: [false] })
    .optional(),
  freeze: freeze.optional(),
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
  hooks: hooks.optional(),
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
  hold_for: duration({ min: '0s', max: '30d' })
    .meta({
      title: 'Waiting for approval',
      description:
        'So long a run waits for `holdfast approve` or `reject` when a source is held; all other sources and hosts go on meanwhile. Shorter than the time between two runs, else the next one is left out. Default: 0s: the run ends, and `holdfast approve` starts another one for the source.',
      examples: ['12h'],
    })
    .optional(),
  expect_every: z
    .union([z.literal('never'), duration({ min: '1m', max: '3650d' })], {
      error: ({ input }) => `${shown(input)} is no time between backups; write for instance 24h or 7d, or never`,
    })
    .meta({
      title: 'Expected frequency',
      description:
        'A backup is expected this often; a source whose last good one is older than one and a half of that is overdue ([metrics.md](metrics.md#overdue)). `never`: it is never overdue. Default: the longest time between two starts of the most frequent schedule that backs the source up and is not paused; without one, never.',
      examples: ['24h', '7d', 'never'],
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
  large_file_size: size({ min: '64MiB', max: '1000TiB' })
    .meta({
      title: 'Large file size',
      description:
        'Files from this size on are archived in extents of 64 MiB: a change sends only the extents it touched. Default: 1GiB.',
      examples: ['1GiB', '256MiB'],
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
  compression_long: z
    .union([z.boolean(), z.int().min(27).max(31)], {
      error: ({ input }) => `${shown(input)} is no range; write true (27), false, or 27 to 31`,
    })
    .meta({
      title: 'Long-range compression',
      description:
        'Archives: zstd looks for repetitions 128 MiB back (`true`, or 27) or further (28 to 31, each twice as far). Whoever compresses and whoever restores needs that much memory. Default: false.',
      examples: [true, 31],
    })
    .optional(),
  compress: z
    .enum(['auto', 'host', 'worker', 'off'])
    .meta({
      title: 'Where archives are compressed',
      description:
        '`host`: before they are sent. `worker`: for hosts with little processor time and a quick network. `auto`: on the host if it has a zstd that is fit for it, else on the worker. `off`: not at all. Default: auto.',
      examples: ['worker', 'off'],
    })
    .optional(),
  store_types: z
    .array(word(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, 'a suffix', 'letters and digits without a dot, for instance mp4'))
    .meta({
      title: 'Files that are stored uncompressed',
      description:
        'Suffixes of files that are compressed already; in a backup with more than 16 MiB of them they are stored as they are. The list replaces the default one: common archives, packages, pictures, sound, films and documents. `[]`: compress everything.',
      examples: [['mp4', 'jpg', 'gz', 'zst']],
    })
    .optional(),
  parallel_shards: z
    .int()
    .min(1)
    .max(16)
    .meta({
      title: 'Shards at a time',
      description: 'So many shards of one source at a time. Default: 2.',
      examples: [2],
    })
    .optional(),
  keep: keep.optional(),
  keep_minimum: z
    .int()
    .min(1)
    .max(1_000)
    .meta({
      title: 'Backups that always stay',
      description: 'So many of the newest good backups are never pruned, whatever keep says. Default: 1.',
      examples: [3],
    })
    .optional(),
  grace: duration({ min: '0s', max: '3650d' })
    .meta({
      title: 'Grace',
      description: 'Time between the decision that a backup goes and its deletion. Default: 7d.',
      examples: ['14d'],
    })
    .optional(),
} as const;
