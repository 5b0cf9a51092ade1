import type { DumpType } from './dump.js';

/**
 * Options of the dumping programs that Holdfast gives itself, or that would send the output, a password or the truth about an error elsewhere. Programs
 * take unambiguous beginnings of long options too.
 */
const REFUSED: Readonly<Record<DumpType, readonly string[]>> = {
  postgresql: [
    'file',
    'format',
    'compress',
    'jobs',
    'password',
    'no-password',
    'dbname',
    'host',
    'port',
    'username',
    'help',
    'version',
  ],
  mysql: [],
  mariadb: [],
  mongodb: [
    'out',
    'archive',
    'gzip',
    'config',
    'password',
    'uri',
    'db',
    'host',
    'port',
    'username',
    'quiet',
    'help',
    'version',
  ],
  sqlite: [],
  redis: ['rdb', 'functions-rdb', 'pass', 'askpass', 'user', 'pipe', 'eval', 'help', 'version'],
};

const MYSQL = [
  'result-file',
  'tab',
  'password',
  'defaults-file',
  'defaults-extra-file',
  'no-defaults',
  'login-path',
  'force',
  'ignore-error',
];
const MYSQL_TOO = [
  'skip-comments',
  'compact',
  'xml',
  'databases',
  'all-databases',
  'system',
  'host',
  'port',
  'user',
  'socket',
  'log-error',
  'dir',
  'help',
  'version',
];

const refusedOf = (type: DumpType): readonly string[] =>
  type === 'mysql' || type === 'mariadb' ? [...MYSQL, ...MYSQL_TOO] : REFUSED[type];

/** Why a program is not given these words; undefined when it may have them. `NAME` is the option to blame. */
export function optionProblem(type: DumpType, word: string): string | undefined {
  // redis-cli takes an option’s value as the next word.
  if (type === 'redis' && !word.startsWith('-')) return undefined;
  if (!/^--[a-z]/.test(word)) return 'it is not a long option; write it as --name or --name=value';
  const name = word.slice(2).split('=', 1)[0] as string;
  const own = refusedOf(type).find((refused) => refused === name || (name.length > 2 && refused.startsWith(name)));
  return own === undefined ? undefined : `--${own} is not to be given here; take it out`;
}
