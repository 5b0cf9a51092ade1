import { z } from 'zod';
import { MAX_RULE_BYTES, readRule } from '../../core/filters/rules.js';
import { shown } from '../problems.js';
import { duration, plainText, size, word } from './words.js';

const rule = plainText('a pattern', 'an rsync pattern on one line, for instance "*.tmp" or "/cache/"').superRefine(
  (value, context) => {
    if (readRule(value) === undefined)
      context.addIssue({ code: 'custom', message: `${shown(value)} is no pattern; write one after "+ " or "- "` });
    if (Buffer.byteLength(value) > MAX_RULE_BYTES)
      context.addIssue({ code: 'custom', message: `rsync takes no pattern longer than ${MAX_RULE_BYTES} bytes` });
  },
);

const markName = word(
  /^(?!\.{1,2}$)[^/\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]{1,255}$/,
  'a file name',
  'a name without "/", for instance .nobackup',
);

const ORDER =
  'The first rule that matches decides. Rules of the path come first, then its host’s, then config’s, then exclude_file’s';

/** What is left out. */
export const filtersShape = {
  exclude: z
    .array(rule)
    .meta({
      title: 'Excludes',
      description: `rsync patterns of what is left out, for both engines, with rsync’s meaning. They add up. ${ORDER}. What lies in an excluded directory is not looked at.`,
      examples: [['*.tmp', '/cache/']],
    })
    .optional(),
  include: z
    .array(rule)
    .meta({
      title: 'Includes',
      description:
        'rsync patterns of what is kept although an exclude matches it. They stand before the excludes of the same place, so a path’s include counts before all excludes, and `["*"]` turns off all that come after it. They add up.',
      examples: [['/cache/keep/', '*.important']],
    })
    .optional(),
  exclude_if_present: z
    .array(markName)
    .meta({
      title: 'Marks',
      description:
        'A directory that holds an entry of one of these names is kept with these only; all else in it is left out and not looked at. They add up.',
      examples: [['.nobackup']],
    })
    .optional(),
  exclude_caches: z
    .boolean()
    .meta({
      title: 'Caches',
      description:
        'Leave out what lies in cache directories (those with a CACHEDIR.TAG that begins with its signature); the directory and its tag are kept. Default: false.',
      examples: [true],
    })
    .optional(),
  one_file_system: z
    .boolean()
    .meta({
      title: 'One file system',
      description: 'Stay on the file system of the path; mount points are kept as empty directories. Default: false.',
      examples: [true],
    })
    .optional(),
  max_file_size: size({ min: 1, max: '1024TiB' })
    .meta({
      title: 'Largest file',
      description: 'Larger files are left out. A mirror keeps the copy that it had before. Default: no limit.',
      examples: ['10GiB'],
    })
    .optional(),
  newer_than: duration({ min: '1s', max: '36500d' })
    .meta({
      title: 'Only newer files',
      description:
        'Only files that were modified within this time before the run; others are left out, with the copies that a mirror has of them kept. Default: of any age.',
      examples: ['30d'],
    })
    .optional(),
  older_than: duration({ min: '1s', max: '36500d' })
    .meta({
      title: 'Only older files',
      description:
        'Only files that were last modified longer ago than this; others are left out, with the copies that a mirror has of them kept. Default: of any age.',
      examples: ['10m'],
    })
    .optional(),
} as const;
