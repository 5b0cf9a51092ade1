import { z } from 'zod';
import { shown } from '../problems.js';
import { secret } from './secret.js';
import { absolutePath, mapping, plainText, word } from './words.js';

export const DUMP_TYPES = ['postgresql', 'mysql', 'mariadb', 'mongodb', 'sqlite', 'redis'] as const;

const databaseName = plainText('a database’s name', 'its name').max(200);

/** Instead of a path: what a database's own program prints. */
export const dump = mapping({
  type: z
    .enum(DUMP_TYPES, {
      error: ({ input }) =>
        input === undefined ? `this is missing; write one of ${DUMP_TYPES.join(', ')}` : undefined,
    })
    .meta({ title: 'Database', description: 'Which database it is.', examples: ['postgresql', 'redis'] }),
  databases: z
    .union([databaseName, z.array(databaseName).min(1)], {
      error: ({ input }) => `${shown(input)} are no databases; write all, a name, or a list of names`,
    })
    .meta({
      title: 'Databases',
      description:
        'Names of databases, or `all` (a database that is called so is written `[all]`). Each is a file of its own; MongoDB’s `all` is one file. Default: all.',
      examples: ['all', ['app', 'shop']],
    })
    .optional(),
  file: absolutePath('the database’s file on the host, for instance /var/lib/app/app.db')
    .meta({
      title: 'SQLite’s file',
      description: 'The database’s file on the host; with `type: sqlite` only, and required there.',
      examples: ['/var/lib/app/app.db'],
    })
    .optional(),
  user: plainText('a user', 'the database’s user')
    .max(200)
    .meta({ title: 'User', description: 'User of the database. Default: that of the program.', examples: ['backup'] })
    .optional(),
  password: secret('Password', 'The user’s password.').optional(),
  host: word(/^[A-Za-z0-9:][A-Za-z0-9.:_-]*$/, 'a host’s name or address', 'for instance 127.0.0.1 or db.internal')
    .meta({
      title: 'Server',
      description: 'Name or address of the server, as the host reaches it. Default: the server on the host itself.',
      examples: ['127.0.0.1'],
    })
    .optional(),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .meta({ title: 'Port', description: 'Its port.', examples: [5432] })
    .optional(),
  socket: absolutePath('an absolute path on the host')
    .meta({
      title: 'Socket',
      description: 'The server’s socket on the host; for PostgreSQL the directory that it lies in.',
      examples: ['/run/mysqld/mysqld.sock'],
    })
    .optional(),
  run_as: word(/^[a-z_][a-z0-9_.-]{0,31}$/, 'an account', 'the name of an account on the host, for instance postgres')
    .meta({
      title: 'Account',
      description:
        'Account on the host that runs the program, for servers that know their users by it (`runuser`, or `sudo -n` where the login is not root). Not with `password`. Default: the account that is logged into.',
      examples: ['postgres'],
    })
    .optional(),
  format: z
    .enum(['custom', 'plain', 'sql', 'file'])
    .meta({
      title: 'Form of the dump',
      description:
        'PostgreSQL: `custom` (for pg_restore, the default) or `plain` (SQL). SQLite: `sql` (text, the default) or `file` (a copy of the file, which needs as much room in the host’s TMPDIR).',
      examples: ['plain', 'file'],
    })
    .optional(),
  globals: z
    .boolean()
    .meta({
      title: 'What belongs to no database',
      description:
        'Also `globals.sql`: PostgreSQL’s roles and tablespaces (needs a superuser), MariaDB’s users and grants. Default: true with `databases: all`, else false.',
      examples: [true],
    })
    .optional(),
  options: z
    .array(plainText('an option', '--name=value'))
    .meta({
      title: 'Options',
      description: 'Further options of the program that dumps, one word each, in their long form.',
      examples: [['--exclude-table-data=sessions']],
    })
    .optional(),
});

export type DumpEntry = z.infer<typeof dump>;
