import type { DumpPart, DumpPlan } from './dump.js';
import { formatOf } from './dump.js';
import type { DumpCommand } from './command.js';

/* pg_dump(1), pg_dumpall(1), psql(1); libpq, “Connection Strings” and “Environment Variables”. */

const PG_SECRET = { as: 'variable', name: 'PGPASSWORD' } as const;

/** As a connection string: a plain name that holds `=` or begins like a URI would be taken for one. */
const conninfo = (database: string): string => `dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function postgresConnection({ host, socket, port, user }: DumpPlan): string[] {
  return [
    ...(socket === undefined ? [] : [`--host=${socket}`]),
    ...(host === undefined ? [] : [`--host=${host}`]),
    ...(port === undefined ? [] : [`--port=${port}`]),
    ...(user === undefined ? [] : [`--username=${user}`]),
    // Nobody is there to be asked.
    '--no-password',
  ];
}

export function postgresDump(dump: DumpPlan, part: DumpPart): DumpCommand {
  const database = part.kind === 'database' ? part.database : 'postgres';
  const custom = formatOf(dump) === 'custom';
  // zstd compresses what goes over the network and what is stored.
  const format = custom ? ['--format=custom', '--compress=0'] : ['--format=plain'];
  return {
    programs: ['pg_dump'],
    words: [...dump.options, ...postgresConnection(dump), ...format, `--dbname=${conninfo(database)}`],
    secret: PG_SECRET,
  };
}

export const postgresGlobals = (dump: DumpPlan): DumpCommand => ({
  programs: ['pg_dumpall'],
  words: [...postgresConnection(dump), '--globals-only'],
  secret: PG_SECRET,
});

const POSTGRES_DATABASES = `SELECT datname, CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) ELSE 0 END
FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname`;

export const postgresList = (dump: DumpPlan): DumpCommand => ({
  programs: ['psql'],
  words: [
    ...postgresConnection(dump),
    ...['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--field-separator-zero', '--record-separator-zero'],
    '--set=ON_ERROR_STOP=1',
    `--dbname=${conninfo(dump.databases?.[0] ?? 'postgres')}`,
    `--command=${POSTGRES_DATABASES}`,
  ],
  secret: PG_SECRET,
});
