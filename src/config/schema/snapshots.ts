import { z } from 'zod';
import { CALENDAR_KINDS } from '../../core/snapshots/snapshots.js';
import { shown } from '../problems.js';
import { MISTAKES_WITHIN } from '../schema-issues.js';
import { absolutePath, duration, mapping } from './words.js';

const METHODS = ['auto', 'btrfs', 'reflink', 'hardlink'] as const;

const rule = mapping({
  type: z
    .enum(CALENDAR_KINDS)
    .meta({
      title: 'Kind',
      description:
        'What the snapshots of this rule are called; without `interval` also how often: one for each hour, day, week from Monday, month or year of UTC.',
      examples: ['hourly', 'daily'],
    })
    .optional(),
  count: z
    .int()
    .min(1)
    .max(10_000)
    .meta({ title: 'Count', description: 'How many are kept.', examples: [6] }),
  interval: duration({ min: '1m', max: '3660d' })
    .meta({
      title: 'Interval',
      description:
        'One for each stretch of time so long, counted from a Monday at midnight UTC; a plain number is seconds. Without `type` the snapshots are called after it: `every-6h`.',
      examples: [14400, '1d'],
    })
    .optional(),
}).refine(({ type, interval }) => type !== undefined || interval !== undefined, {
  error:
    'type and interval are both missing; write type: hourly, daily, weekly, monthly or yearly, or an interval such as 6h',
});

const volume = mapping({
  volume: absolutePath().meta({
    title: 'Volume',
    description:
      'Directory of the worker, such as the mount point of a file system; what is said here counts for the mirrors below it.',
    examples: ['/share'],
  }),
  method: z
    .enum(METHODS)
    .meta({
      title: 'Method',
      description:
        'How snapshots are made: `btrfs` (read-only, of the mirror’s subvolume), `reflink` (copies that share blocks: XFS, BTRFS), `hardlink` (trees that share unchanged files). Default: auto, the first of these that the file system can do.',
      examples: ['auto'],
    })
    .optional(),
  schedules: z
    .array(rule)
    .min(1)
    .meta({
      title: 'Rules',
      description: 'Which snapshots are made and kept.',
      examples: [[{ type: 'hourly', count: 6, interval: 14400 }]],
    }),
}).meta({ title: 'Volume' });

/** One volume, or a list of them: of several that a mirror lies below, the innermost counts. */
export const snapshots = z.union([volume, z.array(volume).min(1)], {
  error: ({ input }) =>
    typeof input === 'object' && input !== null
      ? MISTAKES_WITHIN
      : `${shown(input)} cannot stand here; write a mapping with volume and schedules, or a list of such`,
});

export type SnapshotVolumeEntry = z.infer<typeof volume>;
