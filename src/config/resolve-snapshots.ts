import type { HostPlan } from '../core/plan.js';
import { kindOfInterval } from '../core/snapshots/due.js';
import type { SnapshotPlan, SnapshotRule } from '../core/snapshots/snapshots.js';
import { shown } from './problems.js';
import type { ValuePath } from './problems.js';
import type { Origin, Resolution } from './resolution.js';
import type { ConfigurationFile } from './schema/configuration.js';
import type { SnapshotVolumeEntry } from './schema/snapshots.js';
import { durationMs } from './units.js';

/** A volume of the configuration, and where it was written. */
export interface SnapshotVolume {
  readonly plan: SnapshotPlan;
  readonly origin: Origin;
}

/** Reports volumes that are given twice, and rules of one kind that would each keep the other's snapshots. */
export function resolveSnapshotVolumes({ snapshots }: ConfigurationFile, resolution: Resolution): SnapshotVolume[] {
  const isList = Array.isArray(snapshots);
  const entries: readonly SnapshotVolumeEntry[] = snapshots === undefined ? [] : isList ? snapshots : [snapshots];
  const volumes: SnapshotVolume[] = [];
  entries.forEach((entry, index) => {
    const path: ValuePath = isList ? ['snapshots', index] : ['snapshots'];
    const volume = withoutSlash(entry.volume);
    if (volumes.some(({ plan }) => plan.volume === volume))
      resolution.report([...path, 'volume'], `${shown(volume)} is written twice; write its rules in one place`);
    const rules = entry.schedules.map(ruleOf);
    rules.forEach(({ kind }, at) => {
      if (rules.findIndex((other) => other.kind === kind) === at) return;
      const message = `there is a rule for ${kind} already; write one, or another interval without type`;
      resolution.report([...path, 'schedules', at], message, 'key');
    });
    volumes.push({
      plan: { volume, method: entry.method ?? 'auto', rules },
      origin: resolution.originOf([...path, 'volume']),
    });
  });
  return volumes;
}

/** The innermost volume that a mirror lies below. */
export function volumeOf(volumes: readonly SnapshotVolume[], mirror: string): SnapshotVolume | undefined {
  return volumes
    .filter(({ plan: { volume } }) => `${mirror}/`.startsWith(volume === '/' ? '/' : `${volume}/`))
    .sort((a, b) => b.plan.volume.length - a.plan.volume.length)[0];
}

/** Said in every run: a volume that no mirror lies below is most likely written wrong, and its snapshots would be missed when they are needed. */
export function notesOnVolumes(volumes: readonly SnapshotVolume[], hosts: readonly HostPlan[]): string[] {
  const used = new Set(hosts.flatMap(({ sources }) => sources.map(({ snapshots }) => snapshots?.volume)));
  return volumes
    .filter(({ plan }) => !used.has(plan.volume))
    .map(({ plan }) => `snapshots: no mirror lies below ${plan.volume}, so none are made there.`);
}

/** `hourly 6 (every-4h), daily 7` */
export const rulesText = ({ rules }: SnapshotPlan): string =>
  rules
    .map(({ kind, count, intervalMs }) => {
      const every = intervalMs === undefined ? kind : kindOfInterval(intervalMs);
      return every === kind || every === USUAL[kind] ? `${kind} ${count}` : `${kind} ${count} (${every})`;
    })
    .join(', ');

const USUAL: Readonly<Record<string, string>> = { hourly: 'every-1h', daily: 'every-1d', weekly: 'every-1w' };

function ruleOf({ type, count, interval }: SnapshotVolumeEntry['schedules'][number]): SnapshotRule {
  const intervalMs = interval === undefined ? undefined : durationMs(interval);
  return {
    kind: type ?? kindOfInterval(intervalMs ?? 0),
    count,
    ...(intervalMs === undefined ? {} : { intervalMs }),
  };
}

const withoutSlash = (path: string): string => path.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
