import type { DumpFormat, DumpPart, DumpPlan, DumpType, ListedDatabase } from './dump.js';
import { formatOf } from './dump.js';
import type { FailureType } from '../failures.js';

/** So much of the two ends of a dump is kept to tell whether it is whole. */
export const DUMP_HEAD_BYTES = 512;
export const DUMP_TAIL_BYTES = 4096;

/**
 * Why what came is no whole dump, or undefined. Text ends with the program's own words, MongoDB's archive and Redis' file with a mark; pg_dump's custom
 * format has none, there its beginning and the program's status must do.
 *
 * @param head the first bytes, byte string
 * @param tail the last ones
 */
export function endsProblem(dump: DumpPlan, part: DumpPart, head: string, tail: string): string | undefined {
  const { begins, ends } = marksOf(dump.type, formatOf(dump), part);
  if (head === '') return 'it is empty';
  if (!begins.test(head)) return 'it does not begin as such a dump does';
  return ends.test(tail) ? undefined : 'its end is missing';
}

const ANY = /(?:)/;

function marksOf(
  type: DumpType,
  format: DumpFormat,
  part: DumpPart,
): { readonly begins: RegExp; readonly ends: RegExp } {
  switch (type) {
    case 'postgresql':
      if (part.kind === 'globals') return { begins: /^--/, ends: /\n-- PostgreSQL database cluster dump complete\n/ };
      if (format === 'custom') return { begins: /^PGDMP/, ends: ANY };
      return { begins: /^--/, ends: /\n-- PostgreSQL database dump complete\n/ };
    case 'mysql':
    case 'mariadb':
      return { begins: /^(?:--|\/\*)/, ends: /\n-- Dump completed[^\n]*\n*$/ };
    case 'mongodb':
      // mongo-tools-common/archive: magic number 0x8199e26d, little endian; each block, and the whole, ends with four bytes 0xff.
      return { begins: /^\x6d\xe2\x99\x81/, ends: /\xff\xff\xff\xff$/ };
    case 'sqlite':
      if (format === 'file') return { begins: /^SQLite format 3\0/, ends: ANY };
      return {
        begins: /^PRAGMA foreign_keys=OFF;\n/,
        ends: /(?:^|\n)COMMIT;\nPRAGMA user_version=-?\d+;\nPRAGMA application_id=-?\d+;\n$/,
      };
    case 'redis':
      // rdb.h: magic `REDIS`, four digits; opcode 255 ends it, before a checksum of eight bytes (since version 5).
      return { begins: /^REDIS\d{4}/, ends: /\xff[^]{8}$/ };
  }
}

/** A server that sends its file while it makes it ends it with forty characters of its choice, which redis-cli passes on. */
export const REDIS_MARK_BYTES = 40;
export const isRedisMark = (bytes: string): boolean => /^[0-9a-f]{40}$/.test(bytes);

// ---- what the programs say ---------------------------------------------------------------------------------------------

/** What programs say when all is well; anything else is told to people. */
const REMARKS: Readonly<Record<DumpType, readonly RegExp[]>> = {
  postgresql: [],
  mysql: [],
  mariadb: [],
  // A time, and a tab, which may have been made visible.
  mongodb: [/^\S+?(?:\s+|\\t)(?:writing |done dumping |\[[#.]+\]|dumping up to )/],
  sqlite: [],
  redis: [
    /^sending REPLCONF (?:capa eof|rdb-only)/,
    /^SYNC sent to master, writing (?:\d+ bytes|bytes of bulk transfer until EOF marker) to '/,
    /^Transfer finished with success/,
    /^REPLCONF (?:rdb-only|capa) error/,
  ],
};

/** The lines that somebody should read although the dump is whole. */
export const remarksIn = (type: DumpType, said: readonly string[]): string[] =>
  said.filter((line) => line.trim() !== '' && !REMARKS[type].some((harmless) => harmless.test(line)));

type Refusal = readonly [FailureType, RegExp];

/** In the programs' own words, which they say in English under LC_ALL=C. */
const REFUSALS: Readonly<Record<DumpType, readonly Refusal[]>> = {
  postgresql: [
    [
      'DatabaseLoginFailed',
      /authentication failed|no password supplied|role ".*" does not exist|no pg_hba\.conf entry|permission denied for database/,
    ],
    ['DatabaseNotFound', /database ".*" does not exist/],
    [
      'DatabaseUnreachable',
      /could not connect|Connection refused|Is the server running|timeout expired|could not translate host name|the database system is |closed the connection unexpectedly|terminating connection|lost synchronization|no connection to the server|too many clients/,
    ],
  ],
  mysql: [
    ['DatabaseLoginFailed', /Access denied/],
    ['DatabaseNotFound', /Unknown database/],
    [
      'DatabaseUnreachable',
      /Can't connect|Lost connection|server has gone away|Unknown (?:MySQL )?server host|Too many connections|Server shutdown/i,
    ],
  ],
  mariadb: [],
  mongodb: [
    ['DatabaseLoginFailed', /auth(?:entication)? (?:error|failed)|unable to authenticate|not authorized/i],
    [
      'DatabaseUnreachable',
      /server selection (?:error|timeout)|connection refused|no reachable servers|could not connect|connection\(.*closed/i,
    ],
  ],
  sqlite: [['DatabaseNotFound', /unable to open database|No such file or directory/]],
  redis: [
    ['DatabaseLoginFailed', /WRONGPASS|NOAUTH|NOPERM|AUTH failed|invalid (?:username-)?password/i],
    [
      'DatabaseUnreachable',
      /Could not connect|Connection refused|Server closed the connection|I\/O Error|LOADING|Error: Connection reset/,
    ],
  ],
};

/** Which failure a program's last words tell of. */
export function failureTypeOf(type: DumpType, said: readonly string[]): FailureType {
  const text = said.join('\n');
  const refusals = REFUSALS[type === 'mariadb' ? 'mysql' : type];
  return refusals.find(([, words]) => words.test(text))?.[0] ?? 'DumpFailed';
}

// ---- what a server lists -----------------------------------------------------------------------------------------------

/** Undefined when the output is not of the program's form. */
export function readDatabases(type: DumpType, output: string): ListedDatabase[] | undefined {
  switch (type) {
    case 'postgresql':
      return pairs(output.replace(/\n$/, '').split('\0'));
    case 'mysql':
    case 'mariadb':
      return pairs(output.split(/[\t\n]/).map(unescaped));
    case 'sqlite':
      return /^\d+\n$/.test(output) ? [{ name: '', sizeBytes: Number(output) }] : undefined;
    case 'redis':
      return output === 'PONG\n' ? [] : undefined;
    case 'mongodb':
      return [];
  }
}

/** Names and sizes by turns; the last is what follows the last separator. */
function pairs(fields: readonly string[]): ListedDatabase[] | undefined {
  const values = fields.at(-1) === '' ? fields.slice(0, -1) : fields;
  const listed: ListedDatabase[] = [];
  for (let at = 0; at < values.length; at += 2) {
    const [name, size] = [values[at] as string, values[at + 1]];
    if (name === '' || size === undefined || !/^\d+$/.test(size)) return undefined;
    listed.push({ name, sizeBytes: Number(size) });
  }
  return listed;
}

/** `--batch` writes these few characters as two. */
const unescaped = (text: string): string =>
  text.replace(/\\([tn0\\])/g, (_, code: string) => ({ t: '\t', n: '\n', '0': '\0' })[code] ?? '\\');
