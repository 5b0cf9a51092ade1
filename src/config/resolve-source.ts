import type { DestinationPlan, ScriptPlan, SourcePlan } from '../core/plan.js';
import type { KeepRules, RetentionPolicy } from '../core/retention.js';
import { Inheritance } from './inheritance.js';
import type { Layer } from './inheritance.js';
import { shown } from './problems.js';
import type { ValuePath } from './problems.js';
import { BY_DEFAULT, type Resolution } from './resolution.js';
import { defined, destinationOf } from './resolve-destinations.js';
import { entryFilters, rulesOf } from './resolve-filters.js';
import { freezePlan } from './resolve-freeze.js';
import { levelsOf } from './resolve-levels.js';
import type { ConfigEntry, HostEntry, PathEntry } from './schema/configuration.js';
import { rsyncWords } from './schema/rsync-words.js';
import { relativePath } from './schema/words.js';
import { durationMs, sizeBytes } from './units.js';

/** What a path may have that hosts and `config` can give too. */
type Inherited = Pick<PathEntry, keyof PathEntry & keyof HostEntry & keyof ConfigEntry>;

export interface SourceContext {
  readonly resolution: Resolution;
  readonly destinations: ReadonlyMap<string, DestinationPlan>;
  readonly config: ConfigEntry;
  readonly scriptsDir: string;
  readonly host: HostEntry;
  readonly hostPath: ValuePath;
}

/** A source's name and where it was given, before anything else of it is looked at. */
export interface SourceName {
  readonly name: string;
  readonly path: ValuePath;
}

const NAME = relativePath('');

export function sourceName(entry: PathEntry, path: ValuePath, resolution: Resolution): SourceName {
  if (entry.dest_subdir !== undefined) return { name: entry.dest_subdir, path: [...path, 'dest_subdir'] };
  const name = directoryOf(entry).replace(/^\//, '') || 'root';
  if (!NAME.safeParse(name).success || name.length > 200)
    resolution.report([...path, 'path'], `${shown(name)} cannot name the source; write a dest_subdir beside it`);
  return { name, path: [...path, 'path'] };
}

/** Undefined when a mistake was reported that leaves nothing to plan with. */
export function resolveSource(
  entry: PathEntry,
  { name, path: namePath }: SourceName,
  path: ValuePath,
  context: SourceContext,
): SourcePlan | undefined {
  const { resolution, host, config } = context;
  const at = ['hosts', String(context.hostPath[1]), 'sources', name];
  const layers: readonly Layer<Inherited>[] = [
    { place: 'path', entry, path },
    { place: 'host', entry: host, path: context.hostPath },
    { place: 'config', entry: config, path: ['config'] },
  ];
  const settings = new Inheritance(resolution, layers, at);
  resolution.record([...at, 'path'], directoryOf(entry), resolution.originOf([...path, 'path']));
  const nameOrigin = entry.dest_subdir === undefined ? BY_DEFAULT : resolution.originOf(namePath);
  resolution.record([...at, 'dest_subdir'], name, nameOrigin);
  const engine = settings.pick('engine', 'mirror');
  const destination = destinationOf(engine, settings, context.destinations, resolution);
  const rest = {
    name,
    path: directoryOf(entry),
    engine,
    freeze: freezePlan(settings.pickOptional('freeze') ?? 'none'),
    exclude: rulesOf(settings),
    filters: entryFilters(settings, resolution),
    excludeFile: ownValue(entry, 'exclude_file', path, at, resolution),
    rsyncOptions: settings.gather('rsync_options', wordsOf),
    preserveOwnership: settings.pick('preserve_ownership', true),
    ...scriptsOf(entry, path, settings, context),
    maxDeletePercent: settings.pick('max_delete', 50),
    levels: levelsOf(settings, resolution),
    archive: {
      shardSizeBytes: sizeBytes(settings.pick('shard_size', '128MiB')) ?? 0,
      largeFileSizeBytes: sizeBytes(settings.pick('large_file_size', '1GiB')) ?? 0,
      compressionLevel: settings.pick('compression_level', 3),
      ...compressionOf(settings),
      parallelShards: settings.pick('parallel_shards', 2),
    },
    retention: retentionOf(settings, resolution),
    tags: tagsOf(entry, path, at, context),
    timeoutMs: durationMs(settings.pick('timeout', '24h')) ?? 0,
  };
  return destination && defined<SourcePlan>({ ...rest, destination });
}

function compressionOf(
  settings: Inheritance<Inherited>,
): Pick<SourcePlan['archive'], 'compressionLongLog' | 'compress' | 'storeTypes'> {
  const long = settings.pickOptional('compression_long') ?? false;
  const compress = settings.pickOptional('compress');
  const storeTypes = settings.pickOptional('store_types');
  return {
    ...(long === false ? {} : { compressionLongLog: long === true ? 27 : long }),
    ...(compress === undefined ? {} : { compress }),
    ...(storeTypes === undefined ? {} : { storeTypes }),
  };
}

const directoryOf = ({ path }: PathEntry): string => path.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');

function wordsOf(value: string | readonly string[]): readonly string[] {
  const words = rsyncWords(value);
  return 'unclosed' in words ? [] : words;
}

function retentionOf(settings: Inheritance<Inherited>, resolution: Resolution): RetentionPolicy | undefined {
  const given = settings.find('keep');
  // Not an order to delete everything.
  if (given !== undefined && resolution.writtenNames(...given.path.map(String)).length === 0)
    resolution.report(
      given.path,
      'there is no rule; write at least one, for instance daily: 7, or take keep out: then nothing is ever pruned',
      'key',
    );
  const rules = settings.pickOptional('keep');
  if (rules === undefined) return undefined;
  const { within, ...counts } = rules;
  return {
    keep: defined<KeepRules>({ ...counts, withinMs: within === undefined ? undefined : durationMs(within) }),
    minimum: settings.pick('keep_minimum', 1),
    graceMs: durationMs(settings.pick('grace', '7d')) ?? 0,
  };
}

function ownValue<Key extends keyof PathEntry>(
  entry: PathEntry,
  key: Key,
  path: ValuePath,
  at: ValuePath,
  resolution: Resolution,
): PathEntry[Key] {
  const value = entry[key];
  if (value !== undefined) resolution.record([...at, key], value, resolution.originOf([...path, key]));
  return value;
}

function scriptsOf(
  entry: PathEntry,
  path: ValuePath,
  settings: Inheritance<Inherited>,
  { resolution, scriptsDir }: SourceContext,
): { preScript: ScriptPlan | undefined; postScript: ScriptPlan | undefined } {
  if (entry.pre_script === undefined && entry.post_script === undefined)
    return { preScript: undefined, postScript: undefined };
  const runOn = settings.pick('run_on', 'host');
  const timeoutMs = durationMs(settings.pick('script_timeout', '10m')) ?? 0;
  const script = (key: 'pre_script' | 'post_script'): ScriptPlan | undefined => {
    const name = ownValue(entry, key, path, settings.at, resolution);
    return name === undefined ? undefined : { name, scriptsDir, runOn, timeoutMs };
  };
  return { preScript: script('pre_script'), postScript: script('post_script') };
}

function tagsOf(
  entry: PathEntry,
  path: ValuePath,
  at: ValuePath,
  { resolution, host, hostPath }: SourceContext,
): string[] {
  const tags = [...new Set([...(host.tags ?? []), ...(entry.tags ?? [])])];
  const origins = [
    ...(host.tags === undefined ? [] : [resolution.originOf([...hostPath, 'tags'], 'host')]),
    ...(entry.tags === undefined ? [] : [resolution.originOf([...path, 'tags'])]),
  ];
  if (origins.length > 0) resolution.record([...at, 'tags'], tags, ...origins);
  return tags;
}
