import type { SecretRef } from '../plan.js';

/** Databases whose dump is a source of its own: the program runs on the host, its output goes straight into the archive. */
export type DumpType = 'postgresql' | 'mysql' | 'mariadb' | 'mongodb' | 'sqlite' | 'redis';
/** `custom` and `plain` are pg_dump's words; `sql` is text that makes the database anew, `file` a copy of SQLite's own file. */
export type DumpFormat = 'custom' | 'plain' | 'sql' | 'file';

export interface DumpPlan {
  readonly type: DumpType;
  /** Names; undefined: all that the server has. */
  readonly databases?: readonly string[];
  /** SQLite's file on the host, absolute. */
  readonly file?: string;
  readonly user?: string;
  readonly host?: string;
  readonly port?: number;
  /** PostgreSQL: the socket's directory; others: the socket. */
  readonly socket?: string;
  readonly password?: SecretRef;
  /** The account on the host that runs the program; undefined: the one that is logged into. */
  readonly runAs?: string;
  readonly format?: DumpFormat;
  /** Also what belongs to no database: PostgreSQL's roles and tablespaces, MariaDB's users. */
  readonly globals: boolean;
  /** Further words for the program that dumps. */
  readonly options: readonly string[];
}

/** What one file of the source holds. */
export type DumpPart =
  | { readonly kind: 'database'; readonly database: string }
  | { readonly kind: 'globals' }
  /** The whole server, or SQLite's file. */
  | { readonly kind: 'all' };

/** One dump: a program's run, and the file that it becomes. */
export interface DumpTask {
  /** Within its backup, from 0. */
  readonly number: number;
  readonly part: DumpPart;
  /** Text, as it comes from the configuration or the server. */
  readonly fileName: string;
  /** Roughly what it will be; 0: unknown. */
  readonly estimateBytes: number;
}

/** What the archive says of a source that is no directory: it has no place on the host to go back to. */
export const dumpPath = ({ type }: Pick<DumpPlan, 'type'>): string => `/dump/${type}`;

export const formatOf = ({ type, format }: Pick<DumpPlan, 'type' | 'format'>): DumpFormat =>
  format ?? (type === 'postgresql' ? 'custom' : type === 'redis' || type === 'mongodb' ? 'file' : 'sql');

/** The name of the file that a part becomes. */
export function dumpFileName(dump: DumpPlan, part: DumpPart): string {
  const { type, file = '' } = dump;
  if (part.kind === 'globals') return 'globals.sql';
  if (part.kind === 'database') return `${databaseFileName(part.database)}${SUFFIXES[type](formatOf(dump))}`;
  switch (type) {
    case 'sqlite': {
      const name = file.slice(file.lastIndexOf('/') + 1);
      return formatOf(dump) === 'file' ? name : `${name}.sql`;
    }
    case 'redis':
      return 'dump.rdb';
    default:
      return `all${SUFFIXES[type](formatOf(dump))}`;
  }
}

const SUFFIXES: Readonly<Record<DumpType, (format: DumpFormat) => string>> = {
  postgresql: (format) => (format === 'custom' ? '.dump' : '.sql'),
  mysql: () => '.sql',
  mariadb: () => '.sql',
  mongodb: () => '.archive',
  sqlite: () => '',
  redis: () => '',
};

/** A database may be called anything: what a file name cannot hold, and what would hide it or stand for something else, is written as %XX. */
function databaseFileName(database: string): string {
  if (database === 'globals') return '%67lobals';
  return database.replace(/[/%\u0000-\u001f\u007f]|^[.-]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase();
    return `%${code.padStart(2, '0')}`;
  });
}

/** SQL databases are dumped by name; of these a name may be asked for, and all of them listed. */
export const isListed = (type: DumpType): boolean => type === 'postgresql' || type === 'mysql' || type === 'mariadb';

export interface ListedDatabase {
  readonly name: string;
  readonly sizeBytes: number;
}

/** All dumps of a source, in the order of their file names' bytes. */
export function dumpTasks(dump: DumpPlan, listed: readonly ListedDatabase[]): DumpTask[] {
  const sizes = new Map(listed.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const names = dump.databases ?? (isListed(dump.type) ? everyDatabase(dump, listed) : undefined);
  const parts: DumpPart[] = names?.map((database) => ({ kind: 'database', database })) ?? [{ kind: 'all' }];
  if (dump.globals) parts.push({ kind: 'globals' });
  return parts
    .map((part) => ({
      part,
      fileName: dumpFileName(dump, part),
      estimateBytes: part.kind === 'database' ? (sizes.get(part.database) ?? 0) : (listed[0]?.sizeBytes ?? 0),
    }))
    .sort((a, b) => (a.fileName < b.fileName ? -1 : 1))
    .map((task, number) => ({ number, ...task }));
}

/** MariaDB's users come with the globals; the other tables beside them are the server's own. */
const everyDatabase = ({ type, globals }: DumpPlan, listed: readonly ListedDatabase[]): string[] =>
  listed.map(({ name }) => name).filter((name) => !(type === 'mariadb' && globals && name === 'mysql'));
