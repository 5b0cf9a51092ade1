import { z } from 'zod';
import { duration, mapping } from './words.js';

const PERIODS = {
  last: ['Newest', 'So many of the newest backups'],
  hourly: ['Hours', 'The newest backup of each of so many hours that have one'],
  daily: ['Days', 'The newest backup of each of so many days that have one'],
  weekly: ['Weeks', 'The newest backup of each of so many ISO weeks that have one'],
  monthly: ['Months', 'The newest backup of each of so many months that have one'],
  yearly: ['Years', 'The newest backup of each of so many years that have one'],
} as const;

function count(rule: keyof typeof PERIODS, example: number) {
  const [title, what] = PERIODS[rule];
  return z
    .int()
    .min(1)
    .max(100_000)
    .meta({ title, description: `${what}. Default: none.`, examples: [example] })
    .optional();
}

export const keep = mapping({
  last: count('last', 3),
  hourly: count('hourly', 24),
  daily: count('daily', 7),
  weekly: count('weekly', 5),
  monthly: count('monthly', 12),
  yearly: count('yearly', 10),
  within: duration({ min: '1h', max: '36500d' })
    .meta({
      title: 'Within',
      description: 'Everything not older than this, counted back from the newest backup. Default: none.',
      examples: ['30d'],
    })
    .optional(),
}).meta({
  title: 'What is kept',
  description:
    'Rules of retention for archives, with restic’s meaning, in UTC: a backup stays when one of them keeps it. Without `keep` nothing is ever pruned; see docs/retention.md. The nearest one counts as a whole.',
});
