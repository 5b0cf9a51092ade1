import { z } from 'zod';
import { cronMistake } from '../cron.js';
import { shown } from '../problems.js';
import { tag } from './ssh.js';
import { duration, mapping, name, plainText } from './words.js';

const cron = z.string().superRefine((text, context) => {
  const message = cronMistake(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

export const schedule = mapping({
  cron: z
    .union([cron, z.array(cron).min(1)], {
      error: ({ input }) => `${shown(input)} is not a cron line; write for instance "30 2 * * *"`,
    })
    .meta({
      title: 'Cron',
      description:
        'When, as five cron fields (minute, hour, day of month, month, day of week) or @hourly, @daily, @weekly, @monthly; several as a list.',
      examples: ['30 2 * * *', ['0 8-18 * * MON-FRI', '0 2 * * SUN']],
    })
    .optional(),
  timezone: z
    .string()
    .refine(isTimeZone, {
      error: ({ input }) => `${shown(input)} is not a time zone; write for instance Europe/Berlin or UTC`,
    })
    .meta({
      title: 'Time zone',
      description: 'IANA time zone that `cron` is read in. Default: UTC.',
      examples: ['Europe/Berlin'],
    })
    .optional(),
  every: duration({ min: '1m', max: '366d' })
    .meta({
      title: 'Interval',
      description: 'Instead of `cron`: every so often, counted from 1970-01-01 00:00 UTC.',
      examples: ['6h', '30m'],
    })
    .optional(),
  offset: duration({ min: '0s', max: '366d' })
    .meta({
      title: 'Offset',
      description: 'With `every`: so much later. `every: 24h` with `offset: 2h` means 02:00 UTC. Default: 0s.',
      examples: ['2h'],
    })
    .optional(),
  action: z
    .enum(['backup', 'prune', 'verify', 'drill', 'sizes'])
    .meta({
      title: 'Action',
      description:
        '`backup`: back up. `prune`: delete what the rules of `keep` do not keep, and sweep up after abandoned runs. `verify`: check the latest backups. `drill`: restore a sample of each source into scratch and compare it. `sizes`: measure how much room the copies take. Default: backup.',
      examples: ['backup', 'prune', 'verify'],
    })
    .optional(),
  read_data: z
    .int()
    .min(0)
    .max(100)
    .meta({
      title: 'Read back',
      description:
        'With `action: verify`: so many percent of the content are read back, each run another part, until all was read. Default: 0, the structure only.',
      examples: [10],
    })
    .optional(),
  hosts: z
    .array(z.string())
    .min(1)
    .meta({ title: 'Hosts', description: 'Hosts to take. Default: all.', examples: [['server1']] })
    .optional(),
  sources: z
    .array(z.string())
    .min(1)
    .meta({
      title: 'Sources',
      description: 'Sources (dest_subdir) to take. Default: all.',
      examples: [['etc', 'home']],
    })
    .optional(),
  tags: z
    .array(tag)
    .min(1)
    .meta({
      title: 'Tags',
      description: 'Only sources that bear one of these tags. Default: all.',
      examples: [['database']],
    })
    .optional(),
  jitter: duration({ min: '0s', max: '1d' })
    .meta({ title: 'Jitter', description: 'Start up to so much later, at random. Default: 0s.', examples: ['10m'] })
    .optional(),
  catchup_window: duration({ min: '10s', max: '366d' })
    .meta({
      title: 'Catch-up window',
      description:
        'A run that was missed because the server was down is still started when it is not later than this. Default: one interval, at most 24h.',
      examples: ['6h'],
    })
    .optional(),
  overlap: z
    .enum(['skip', 'buffer_one', 'buffer_all', 'cancel_other', 'allow_all'])
    .meta({
      title: 'Overlap',
      description:
        'When the run before is still going on: skip this one, start one or all waiting ones afterwards, cancel the other, or run beside it. Default: skip.',
      examples: ['skip', 'buffer_one'],
    })
    .optional(),
  paused: z
    .boolean()
    .meta({
      title: 'Paused',
      description: 'Make the schedule paused. `holdfast schedules pause` and `resume` change it later. Default: false.',
      examples: [true],
    })
    .optional(),
  full: z
    .boolean()
    .meta({ title: 'Full', description: 'Its archives start new chains (level 0). Default: false.', examples: [true] })
    .optional(),
  note: plainText('a remark', 'one line')
    .max(200)
    .meta({ title: 'Remark', description: 'Shown in the list of schedules.', examples: ['nightly'] })
    .optional(),
});

export const scheduleName = name('a schedule');

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
