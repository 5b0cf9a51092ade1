import { z } from 'zod';
import { HOOK_EVENTS } from '../../core/hooks/hooks.js';
import { shown } from '../problems.js';
import { duration, mapping, word } from './words.js';

/** The name of a file in scripts_dir. */
export const scriptName = word(
  /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
  'a plain file name',
  'the name of a file in scripts_dir, with or without .sh',
);

const event = z.enum(HOOK_EVENTS);

const WORD = /^[^\u0000]{0,4096}$/;
/** A word with `=` would be a variable to env(1), and one with `-` first its option. */
const PROGRAM = /^(?!-)[^=\u0000-\u001f\u007f]+$/;

const command = z
  .array(
    word(WORD, 'a word of a command', 'a text without NUL, of at most 4,096 characters; longer ones into a script'),
  )
  .min(1)
  .max(100)
  .superRefine(([program = ''], context) => {
    if (!PROGRAM.test(program))
      context.addIssue({
        code: 'custom',
        path: [0],
        message: `${shown(program)} is not a program; write its name or path, for instance systemctl or /usr/local/bin/notify`,
      });
  });

/** What a person may ask of one hook; whether its parts go together, resolve-hooks.ts says. */
const hook = mapping({
  on: z
    .union([event, z.array(event).min(1)], {
      error: ({ input }) =>
        `${shown(input)} is nothing that a hook can stand at; write one or a list of ${HOOK_EVENTS.join(', ')}`,
    })
    .meta({
      title: 'When',
      description: `One or a list of ${HOOK_EVENTS.map((one) => `\`${one}\``).join(', ')}.`,
      examples: ['before_source', ['before_host', 'after_host']],
    }),
  run: scriptName
    .meta({
      title: 'Script',
      description: 'NAME or NAME.sh in scripts_dir on the worker. Either this or `command`.',
      examples: ['notify'],
    })
    .optional(),
  command: command
    .meta({
      title: 'Command',
      description: 'A program and its words as a list; no shell looks at them. Either this or `run`.',
      examples: [['systemctl', 'stop', 'apache2']],
    })
    .optional(),
  where: z
    .enum(['host', 'worker'])
    .meta({
      title: 'Where it runs',
      description:
        'On the host (a restore: on the host that is restored to), or on the worker. Default: host; for `before_run`, `after_run` and `on_error` of `config`: worker, always.',
      examples: ['worker'],
    })
    .optional(),
  timeout: duration({ min: '1s', max: '12h' })
    .meta({
      title: 'Time limit',
      description: 'How long it may run; then it is killed with all that it started. Default: 10m.',
      examples: ['5m'],
    })
    .optional(),
  on_failure: z
    .enum(['fail', 'warn', 'ignore'])
    .meta({
      title: 'If it fails',
      description:
        '`fail`: what it stands before is not begun, and has failed; what it stands after has failed, although a backup that was made stays. `warn`: at least a warning. `ignore`: only a note. Default: fail for `before_*`, warn for the others.',
      examples: ['ignore'],
    })
    .optional(),
  only: z
    .array(z.enum(['ok', 'warning', 'failed', 'skipped', 'held', 'cancelled']))
    .min(1)
    .meta({
      title: 'Only after',
      description: '`after_*` hooks: only when what they stand after ended as one of these. Default: in any case.',
      examples: [['failed', 'held']],
    })
    .optional(),
});

export const hooks = z
  .array(hook)
  .max(50)
  .meta({
    title: 'Hooks',
    description:
      'Scripts and commands that run at points of a run; see docs/hooks.md. They add up: `before_*` run config’s, the host’s, the path’s, each list from its top; all others the other way round.',
    examples: [[{ on: ['before_source', 'after_source'], run: 'app_switch' }]],
  });

export type HookEntry = z.infer<typeof hook>;
