import type { DumpPart, DumpPlan } from './dump.js';
import type { DumpCommand } from './command.js';
import { SECRET_FILE } from './command.js';

/* mariadb-dump(1), mysqldump(1); “Using Option Files” of both manuals. */

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`;

const MYSQL_SECRET: DumpCommand['secret'] = {
  as: 'file',
  text: (password) => `[client]\npassword=${quoted(password)}\n`,
};

const program = ({ type }: DumpPlan): string[] =>
  type === 'mariadb' ? ['mariadb-dump', 'mysqldump'] : ['mysqldump', 'mariadb-dump'];
const client = ({ type }: DumpPlan): string[] => (type === 'mariadb' ? ['mariadb', 'mysql'] : ['mysql', 'mariadb']);

/** The option file has to come first. */
function mysqlConnection({ host, socket, port, user }: DumpPlan, hasPassword: boolean): string[] {
  return [
    ...(hasPassword ? [`--defaults-extra-file=${SECRET_FILE}`] : []),
    ...(socket === undefined ? [] : [`--socket=${socket}`]),
    ...(host === undefined ? [] : [`--host=${host}`]),
    ...(port === undefined ? [] : [`--port=${port}`]),
    ...(user === undefined ? [] : [`--user=${user}`]),
  ];
}

export function mysqlDump(dump: DumpPlan, part: DumpPart, hasPassword: boolean): DumpCommand {
  const what =
    part.kind === 'database'
      ? [...MYSQL_DATABASE, ...(part.database === 'mysql' ? MYSQL_SYSTEM : []), '--databases', '--', part.database]
      : ['--system=users', '--insert-ignore'];
  return {
    programs: program(dump),
    words: [
      ...mysqlConnection(dump, hasPassword),
      ...(part.kind === 'globals' ? [] : dump.options),
      // The end of the output says that it is the end, in a comment.
      '--comments',
      '--default-character-set=utf8mb4',
      ...what,
    ],
    secret: MYSQL_SECRET,
  };
}

const MYSQL_DATABASE = [
  '--single-transaction',
  '--quick',
  '--routines',
  '--events',
  '--triggers',
  '--hex-blob',
  '--max-allowed-packet=1G',
];
const MYSQL_SYSTEM = ['--flush-privileges'];

const MYSQL_DATABASES = `SELECT s.schema_name, COALESCE(SUM(t.data_length), 0) FROM information_schema.schemata s
LEFT JOIN information_schema.tables t ON t.table_schema = s.schema_name
WHERE s.schema_name NOT IN ('information_schema', 'performance_schema', 'sys') GROUP BY s.schema_name ORDER BY s.schema_name`;

export const mysqlList = (dump: DumpPlan, hasPassword: boolean): DumpCommand => ({
  programs: client(dump),
  words: [
    ...mysqlConnection(dump, hasPassword),
    ...['--batch', '--skip-column-names', '--default-character-set=utf8mb4'],
    `--execute=${MYSQL_DATABASES}`,
  ],
  secret: MYSQL_SECRET,
});
