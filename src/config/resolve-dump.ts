import type { DumpPlan, DumpType } from '../core/dump/dump.js';
import { optionProblem } from '../core/dump/options.js';
import { shown } from './problems.js';
import type { ValuePath } from './problems.js';
import type { Resolution } from './resolution.js';
import { defined } from './resolve-destinations.js';
import type { PathEntry } from './schema/configuration.js';
import type { DumpEntry } from './schema/dump.js';

type Key = keyof DumpEntry;

/** What goes with which database, beside `type` and `options`. */
const KEYS: Readonly<Record<DumpType, readonly Key[]>> = {
  postgresql: ['databases', 'user', 'password', 'host', 'port', 'socket', 'run_as', 'format', 'globals'],
  mysql: ['databases', 'user', 'password', 'host', 'port', 'socket', 'run_as'],
  mariadb: ['databases', 'user', 'password', 'host', 'port', 'socket', 'run_as', 'globals'],
  mongodb: ['databases', 'user', 'password', 'host', 'port', 'socket', 'run_as'],
  sqlite: ['file', 'run_as', 'format'],
  redis: ['user', 'password', 'host', 'port', 'socket', 'run_as'],
};
const FORMATS: Partial<Record<DumpType, readonly string[]>> = {
  postgresql: ['custom', 'plain'],
  sqlite: ['sql', 'file'],
};
/** Settings of a path that say which files of a directory are taken and how. */
const OF_FILES = [
  ...[
    'path',
    'freeze',
    'exclude',
    'include',
    'exclude_file',
    'exclude_if_present',
    'exclude_caches',
    'one_file_system',
  ],
  ...[
    'max_file_size',
    'newer_than',
    'older_than',
    'rsync_options',
    'rsync_path',
    'no_incremental',
    'max_level',
    'always_level',
  ],
  ...['restart_always_level', 'store_types', 'large_file_size', 'shard_size', 'markers', 'marker'],
];

/** The default name of a source that is a dump: `postgresql`, or `postgresql-app` for a single database. */
export function dumpName({ type, databases, file }: DumpEntry): string {
  const names = namesOf(databases);
  const single =
    type === 'sqlite' ? file?.slice(file.lastIndexOf('/') + 1) : names?.length === 1 ? names[0] : undefined;
  return single === undefined ? type : `${type}-${single}`;
}

const namesOf = (databases: DumpEntry['databases']): readonly string[] | undefined =>
  databases === undefined || databases === 'all' ? undefined : typeof databases === 'string' ? [databases] : databases;

/** Undefined for a path. Mistakes are reported; the plan is then not used. */
export function dumpPlan(
  entry: PathEntry,
  path: ValuePath,
  at: ValuePath,
  resolution: Resolution,
): DumpPlan | undefined {
  const { dump } = entry;
  if (dump === undefined) return undefined;
  const { type, databases, file, user, host, port, socket, password, run_as: runAs, format, options = [] } = dump;
  resolution.record([...at, 'dump'], dump, resolution.originOf([...path, 'dump']));
  reportKeys(dump, entry, path, resolution);
  const names = namesOf(databases);
  const isAll = type === 'postgresql' || type === 'mariadb' ? names === undefined : false;
  return defined<DumpPlan>({
    type,
    databases: names,
    file: file?.replace(/\/+/g, '/'),
    user,
    host,
    port,
    socket,
    password,
    runAs,
    format,
    globals: dump.globals ?? isAll,
    options,
  });
}

function reportKeys(dump: DumpEntry, entry: PathEntry, path: ValuePath, resolution: Resolution): void {
  const { type } = dump;
  const at = (key: string): ValuePath => [...path, 'dump', key];
  for (const key of Object.keys(dump) as Key[]) {
    if (key === 'type' || key === 'options' || KEYS[type].includes(key)) continue;
    resolution.report(at(key), `this does not go with ${type}; take it out`, 'key');
  }
  if (type === 'sqlite' && dump.file === undefined)
    resolution.report(at('file'), 'this is missing; write the database’s file on the host', 'key');
  if (dump.password !== undefined && dump.run_as !== undefined)
    resolution.report(at('run_as'), 'a server asks for a password or knows the account; write one of the two', 'key');
  if (dump.socket !== undefined && dump.host !== undefined)
    resolution.report(
      at('socket'),
      'the server is reached by its socket or by host and port; write one of the two',
      'key',
    );
  if (dump.format !== undefined && FORMATS[type] !== undefined && !FORMATS[type].includes(dump.format))
    resolution.report(
      at('format'),
      `${shown(dump.format)} is no form for ${type}; write ${FORMATS[type].join(' or ')}`,
    );
  if (dump.format === 'file' && dump.run_as !== undefined)
    resolution.report(
      at('format'),
      'another account cannot write where the copy is made; write sql, or take run_as out',
    );
  reportDoubles(dump, at, resolution);
  reportOptions(dump, at, resolution);
  reportNeighbours(entry, path, resolution);
}

function reportDoubles({ databases }: DumpEntry, at: (key: string) => ValuePath, resolution: Resolution): void {
  if (typeof databases !== 'object') return;
  for (const [index, name] of databases.entries())
    if (databases.indexOf(name) < index)
      resolution.report([...at('databases'), index], `${shown(name)} is named twice; write it once`);
}

function reportOptions(
  { type, options = [] }: DumpEntry,
  at: (key: string) => ValuePath,
  resolution: Resolution,
): void {
  if (type === 'sqlite' && options.length > 0)
    resolution.report(at('options'), 'sqlite3 has no options for a dump; take it out', 'key');
  else
    for (const [index, word] of options.entries()) {
      const problem = optionProblem(type, word);
      if (problem !== undefined) resolution.report([...at('options'), index], problem);
    }
}

/** What stands beside `dump` and is for directories; what hosts and `config` say of directories is no mistake. */
function reportNeighbours(entry: PathEntry, path: ValuePath, resolution: Resolution): void {
  for (const key of OF_FILES)
    if (key in entry)
      resolution.report([...path, key], 'this is for directories and does nothing for a dump; take it out', 'key');
  if (entry.engine === 'mirror')
    resolution.report([...path, 'engine'], 'a dump goes into an archive; take engine out, or write archive');
}
