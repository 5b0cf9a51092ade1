import type { HookPlan } from '../core/hooks/hooks.js';
import type { MetricsPlan } from '../core/metrics/plan.js';
import type { CatalogPlan, DestinationPlan, HostPlan } from '../core/plan.js';
import type { ConfigDocument } from './document.js';
import type { InfluxFile } from './influx-file.js';
import type { Problem } from './problems.js';
import { BY_DEFAULT, type EffectiveValue, Resolution } from './resolution.js';
import { resolveDestinations } from './resolve-destinations.js';
import { hooksFor, reportHooks } from './resolve-hooks.js';
import { resolveExpectations, type SourceExpectation } from './resolve-expectations.js';
import { resolveHost } from './resolve-host.js';
import { resolveMetrics } from './resolve-metrics.js';
import { resolveSchedules } from './resolve-schedules.js';
import { notesOnVolumes, resolveSnapshotVolumes } from './resolve-snapshots.js';
import type { SchedulePlan } from './schedule-plan.js';
import { configurationSchema, type ConfigEntry, type ConfigurationFile } from './schema/configuration.js';
import { durationMs } from './units.js';
import { validate } from './validate.js';

/** A configuration after defaults and inheritance. */
export interface Configuration {
  /** Absolute. */
  readonly path: string;
  readonly settings: {
    readonly parallelHosts: number;
    /** For each directory whose size is measured. */
    readonly sizeScanLimitMs: number;
    readonly keysDir?: string;
    readonly catalog?: CatalogPlan;
  };
  readonly hosts: readonly HostPlan[];
  readonly destinations: readonly DestinationPlan[];
  readonly schedules: readonly SchedulePlan[];
  readonly metrics?: MetricsPlan;
  /** The file of `metrics.influxdb` as it was when it was read. */
  readonly influxFile?: Pick<InfluxFile, 'path' | 'version'>;
  /** How often backups are expected; of other sources nobody said. */
  readonly expectations: readonly SourceExpectation[];
  /** Those at whole runs. */
  readonly runHooks: readonly HookPlan[];
  /** Said in every run. */
  readonly notes: readonly string[];
  /** Every setting as it counts, with its origin, in the file's order. */
  readonly effective: readonly EffectiveValue[];
}

export interface Resolved {
  /** To be used only when there are no problems. */
  readonly configuration: Configuration;
  readonly problems: readonly Problem[];
}

/**
 * From a parsed document to plans, with every mistake of it: of the schema, and of what its parts say of each other.
 *
 * @param influxFile the file that `metrics.influxdb` names
 */
export function resolveDocument(document: ConfigDocument, influxFile?: InfluxFile): Resolved {
  const { sound, problems, originalPath } = validate(document, configurationSchema);
  const resolution = new Resolution(document, originalPath);
  const isWhole = problems.length === 0 && document.problems.length === 0;
  const configuration = resolveFile(sound ?? { hosts: {} }, document.file, isWhole, resolution, influxFile);
  // An empty list of hosts says nothing new about a file that could not be understood.
  const logical = sound === undefined ? [] : resolution.problems;
  return { configuration, problems: [...document.problems, ...problems, ...logical] };
}

function resolveFile(
  file: ConfigurationFile,
  path: string,
  isWhole: boolean,
  resolution: Resolution,
  influxFile: InfluxFile | undefined,
): Configuration {
  const config = file.config ?? {};
  const settings = recordSettings(config, resolution);
  if (resolution.writtenNames('hosts').length === 0)
    resolution.report(['hosts'], 'there is no host; write at least one', 'key');
  const runHooks = runHooksOf(config, settings.scriptsDir, resolution);
  const destinations = resolveDestinations(file, resolution);
  const volumes = resolveSnapshotVolumes(file, resolution);
  const hosts = Object.entries(file.hosts).map(([name, host]) =>
    withCatalog(
      resolveHost(name, { resolution, destinations, config, scriptsDir: settings.scriptsDir, host, volumes }),
      catalogOf(file),
    ),
  );
  const schedules = resolveSchedules(file, isWhole, resolution);
  const metrics = resolveMetrics(file.metrics, influxFile, resolution);
  return {
    path,
    settings: {
      parallelHosts: settings.parallelHosts,
      sizeScanLimitMs: durationMs(settings.sizeScanLimit) ?? 0,
      ...(config.keys_dir === undefined ? {} : { keysDir: config.keys_dir }),
      ...catalogOf(file),
    },
    hosts,
    destinations: [...destinations.values()],
    schedules,
    ...(metrics === undefined ? {} : { metrics }),
    ...(influxFile === undefined ? {} : { influxFile: { path: influxFile.path, version: influxFile.version } }),
    expectations: resolveExpectations(hosts, schedules, resolution.expectations),
    runHooks,
    notes: [...notesOn(file), ...notesOnVolumes(volumes, hosts), ...resolution.notes],
    effective: resolution.effective,
  };
}

function runHooksOf(config: ConfigEntry, scriptsDir: string, resolution: Resolution): readonly HookPlan[] {
  const whole = { place: 'config', entry: config, path: ['config'] } as const;
  reportHooks(whole, resolution);
  return hooksFor('run', [whole], ['config'], { resolution, scriptsDir }) ?? [];
}

const catalogOf = ({ catalog }: ConfigurationFile): { readonly catalog?: CatalogPlan } =>
  catalog === undefined ? {} : { catalog };

/** A host's commits note its backups, and see no more of the configuration than the host. */
const withCatalog = (host: HostPlan, catalog: { readonly catalog?: CatalogPlan }): HostPlan => ({
  ...host,
  ...catalog,
});

function recordSettings(
  config: ConfigEntry,
  resolution: Resolution,
): { parallelHosts: number; scriptsDir: string; sizeScanLimit: string | number } {
  const record = (
    key: 'backup_base' | 'scripts_dir' | 'keys_dir' | 'restore_identity' | 'parallel_hosts' | 'size_scan_limit',
    byDefault?: string | number,
  ) => {
    const value = config[key] ?? byDefault;
    const origin = config[key] === undefined ? BY_DEFAULT : resolution.originOf(['config', key]);
    if (value !== undefined) resolution.record(['config', key], value, origin);
  };
  const settings = {
    parallelHosts: config.parallel_hosts ?? 20,
    scriptsDir: config.scripts_dir ?? '/etc/backup/scripts',
    sizeScanLimit: config.size_scan_limit ?? '10m',
  };
  record('backup_base');
  record('scripts_dir', settings.scriptsDir);
  record('keys_dir');
  record('restore_identity');
  record('parallel_hosts', settings.parallelHosts);
  record('size_scan_limit', settings.sizeScanLimit);
  return settings;
}

function notesOn(file: ConfigurationFile): string[] {
  const notes: string[] = [];
  if (file.config?.lock_file !== undefined)
    notes.push('config.lock_file is not used: Temporal locks runs, one at a time for each host.');
  return notes;
}
