import { dumpPath, type DumpPlan } from '../core/dump/dump.js';
import type { DestinationPlan, ScriptPlan, SourcePlan } from '../core/plan.js';
import type { KeepRules, RetentionPolicy } from '../core/retention/retention.js';
import { SNAPSHOTS_FOLDER, type SnapshotPlan } from '../core/snapshots/snapshots.js';
import { Inheritance } from './inheritance.js';
import type { Layer } from './inheritance.js';
import { shown } from './problems.js';
import type { ValuePath } from './problems.js';
import { BY_DEFAULT, type Resolution } from './resolution.js';
import { defined, destinationOf } from './resolve-destinations.js';
import { dumpName, dumpPlan } from './resolve-dump.js';
import { entryFilters, rulesOf } from './resolve-filters.js';
import { freezePlan } from './resolve-freeze.js';
import { hooksFor, reportHooks } from './resolve-hooks.js';
import { levelsOf } from './resolve-levels.js';
import { rulesText, type SnapshotVolume, volumeOf } from './resolve-snapshots.js';
import { expectationsOf, rsyncOf } from './resolve-transfer.js';
import type { ConfigEntry, HostEntry, PathEntry } from './schema/configuration.js';
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
  readonly volumes: readonly SnapshotVolume[];
  readonly hostPath: ValuePath;
}

/** A source's name and where it was given, before anything else of it is looked at. */
export interface SourceName {
  readonly name: string;
  readonly path: ValuePath;
}

const NAME = relativePath('');

export function sourceName(entry: PathEntry, path: ValuePath, resolution: Resolution): SourceName {
  const found = nameOf(entry, path, resolution);
  if (`${found.name}/`.startsWith(`${SNAPSHOTS_FOLDER}/`))
    resolution.report(
      found.path,
      `${shown(found.name)} is where the snapshots of this host’s mirrors are kept; write another dest_subdir`,
    );
  return found;
}

function nameOf(entry: PathEntry, path: ValuePath, resolution: Resolution): SourceName {
  if (entry.dest_subdir !== undefined) return { name: entry.dest_subdir, path: [...path, 'dest_subdir'] };
  const key = entry.dump === undefined ? 'path' : 'dump';
  const name = entry.dump === undefined ? directoryOf(entry).replace(/^\//, '') || 'root' : dumpName(entry.dump);
  if (!NAME.safeParse(name).success || name.length > 200)
    resolution.report([...path, key], `${shown(name)} cannot name the source; write a dest_subdir beside it`);
  return { name, path: [...path, key] };
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
  const layers: readonly [Layer<Inherited>, ...Layer<Inherited>[]] = [
    { place: 'path', entry, path },
    { place: 'host', entry: host, path: context.hostPath },
    { place: 'config', entry: config, path: ['config'] },
  ];
  const settings = new Inheritance(resolution, layers, at);
  const dump = dumpPlan(entry, path, at, resolution);
  if (dump === undefined)
    resolution.record([...at, 'path'], directoryOf(entry), resolution.originOf([...path, 'path']));
  const nameOrigin = entry.dest_subdir === undefined ? BY_DEFAULT : resolution.originOf(namePath);
  resolution.record([...at, 'dest_subdir'], name, nameOrigin);
  const engine = dump === undefined ? settings.pick('engine', 'mirror') : 'archive';
  noteExpectation(settings, String(context.hostPath[1]), name, resolution);
  const destination = destinationOf(engine, settings, context.destinations, resolution);
  const rest = {
    name,
    path: directoryOf(entry),
    engine,
    freeze: freezePlan(settings.pickOptional('freeze') ?? 'none'),
    exclude: rulesOf(settings),
    filters: entryFilters(settings, resolution),
    excludeFile: ownValue(entry, 'exclude_file', path, at, resolution),
    ...rsyncOf(settings),
    transferExpectations: expectationsOf(settings),
    preserveOwnership: settings.pick('preserve_ownership', true),
    ...scriptsOf(entry, path, settings, context),
    hooks: hooksOf(layers, at, context),
    maxDeletePercent: settings.pick('max_delete', 50),
    markers: markersOf(ownValue(entry, 'marker', path, at, resolution)),
    holdForMs: holdFor(settings),
    levels: levelsOf(settings, resolution),
    archive: {
      shardSizeBytes: sizeBytes(settings.pick('shard_size', '128MiB')) ?? 0,
      largeFileSizeBytes: sizeBytes(settings.pick('large_file_size', '1GiB')) ?? 0,
      compressionLevel: settings.pick('compression_level', 3),
      ...compressionOf(settings),
      parallelShards: settings.pick('parallel_shards', 2),
    },
    retention: retentionOf(settings, resolution),
    snapshots: snapshotsOf(name, engine, destination, at, context),
    tags: tagsOf(entry, path, at, context),
    timeoutMs: durationMs(settings.pick('timeout', '24h')) ?? 0,
  };
  const whole = dump === undefined ? rest : { ...rest, ...withoutFiles(dump) };
  return destination && defined<SourcePlan>({ ...whole, destination });
}

/** What hosts and `config` say of directories is not for a dump. Each dump is a full one. */
const withoutFiles = (dump: DumpPlan) => ({
  dump,
  path: dumpPath(dump),
  ...{ freeze: undefined, exclude: [], filters: undefined, excludeFile: undefined },
  levels: { noIncremental: true, maxLevel: 0 },
});

/** Which snapshots a mirror has is decided by where it lies. */
function snapshotsOf(
  name: string,
  engine: SourcePlan['engine'],
  destination: DestinationPlan | undefined,
  at: ValuePath,
  { volumes, hostPath, resolution }: SourceContext,
): SnapshotPlan | undefined {
  if (engine !== 'mirror' || destination?.type !== 'local') return undefined;
  const volume = volumeOf(volumes, `${destination.path}/${hostPath[1]}/${name}`);
  if (volume !== undefined) resolution.record([...at, 'snapshots'], rulesText(volume.plan), volume.origin);
  return volume?.plan;
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

const directoryOf = ({ path = '/' }: PathEntry): string => path.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');

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

function markersOf(marker: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof marker === 'string' ? [marker] : marker;
}

/** Not to wait is the default. */
function holdFor(settings: Inheritance<Inherited>): number | undefined {
  const given = settings.pickOptional('hold_for');
  return given === undefined ? undefined : durationMs(given) || undefined;
}

function noteExpectation(
  settings: Inheritance<Inherited>,
  host: string,
  source: string,
  { expectations }: Resolution,
): void {
  const given = settings.pickOptional('expect_every');
  if (given === undefined) return;
  expectations.push({ host, source, everyMs: given === 'never' ? given : (durationMs(given) ?? 0) });
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

function hooksOf(
  [path, ...around]: readonly [Layer<Inherited>, ...Layer<Inherited>[]],
  at: ValuePath,
  context: SourceContext,
): SourcePlan['hooks'] {
  reportHooks(path, context.resolution);
  return hooksFor('source', [path, ...around], at, context);
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
