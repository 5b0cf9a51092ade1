import { z } from 'zod';
import { absolutePath, duration, mapping } from './words.js';

const SNAPSHOT_TYPES = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

const rule = mapping({
  type: z
    .enum(SNAPSHOT_TYPES)
    .meta({ title: 'Kind', description: 'What the snapshots of this rule are called.', examples: ['hourly', 'daily'] }),
  count: z
    .int()
    .min(1)
    .max(10_000)
    .meta({ title: 'Count', description: 'How many are kept.', examples: [6] }),
  interval: duration({ min: '1m', max: '3660d' }).meta({
    title: 'Interval',
    description: 'Time between two of them; a plain number is seconds.',
    examples: [14400, '1d'],
  }),
});

export const snapshots = mapping({
  volume: absolutePath().meta({ title: 'Volume', description: 'File system of the mirrors.', examples: ['/share'] }),
  schedules: z
    .array(rule)
    .min(1)
    .meta({
      title: 'Rules',
      description: 'Which snapshots are made and kept.',
      examples: [[{ type: 'hourly', count: 6, interval: 14400 }]],
    }),
});
