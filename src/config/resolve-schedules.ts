import type { Selection } from '../core/plan.js';
import { cronIntervalMs } from './cron.js';
import { suggestion } from './nearest.js';
import { shown } from './problems.js';
import { BY_DEFAULT, type Resolution } from './resolution.js';
import type { SchedulePlan, ScheduleTimes } from './schedule-plan.js';
import type { ConfigurationFile, ScheduleEntry } from './schema/configuration.js';
import { durationMs, durationWord } from './units.js';

const DAY_MS = 86_400_000;
const MIN_CATCHUP_MS = 10_000;

/** `isWhole`: no mistake has left anything out, so that what a schedule names can be looked up. */
export function resolveSchedules(file: ConfigurationFile, isWhole: boolean, resolution: Resolution): SchedulePlan[] {
  return Object.entries(file.schedules ?? {}).flatMap(([name, entry]) => {
    reportUnknownNames(name, entry, isWhole, resolution);
    const times = timesOf(name, entry, resolution);
    return times === undefined ? [] : [schedulePlan(name, entry, times, resolution)];
  });
}

function schedulePlan(name: string, entry: ScheduleEntry, times: ScheduleTimes, resolution: Resolution): SchedulePlan {
  const at = ['schedules', name];
  const pick = <Key extends keyof ScheduleEntry>(key: Key, byDefault: NonNullable<ScheduleEntry[Key]>) => {
    const value = entry[key];
    resolution.record(
      [...at, key],
      value ?? byDefault,
      value === undefined ? BY_DEFAULT : resolution.originOf([...at, key]),
    );
    return value ?? byDefault;
  };
  if ('cron' in times) {
    pick('cron', []);
    pick('timezone', 'UTC');
  } else {
    pick('every', 0);
    pick('offset', '0s');
  }
  const given = (['hosts', 'sources', 'tags', 'note'] as const).filter((key) => entry[key] !== undefined);
  for (const key of given) resolution.record([...at, key], entry[key], resolution.originOf([...at, key]));
  const action = pick('action', 'backup');
  if (action !== 'backup' && entry.full !== undefined)
    resolution.report([...at, 'full'], `it goes with action: backup, not with ${action}; remove it`, 'key');
  if (action !== 'verify' && entry.read_data !== undefined)
    resolution.report([...at, 'read_data'], `it goes with action: verify, not with ${action}; remove it`, 'key');
  return {
    name,
    action,
    times,
    selection: selectionOf(entry),
    full: action === 'backup' && pick('full', false),
    readPercent: action === 'verify' ? pick('read_data', 0) : 0,
    jitterMs: durationMs(pick('jitter', '0s')) ?? 0,
    catchupWindowMs: durationMs(pick('catchup_window', durationWord(usualCatchupMs(times)))) ?? 0,
    overlap: pick('overlap', 'skip'),
    paused: pick('paused', false),
    ...(entry.note === undefined ? {} : { note: entry.note }),
  };
}

const selectionOf = ({ hosts = [], sources = [], tags = [] }: ScheduleEntry): Selection => ({ hosts, sources, tags });

/** One interval: what was missed longer ago is done by the next run anyway. */
function usualCatchupMs(times: ScheduleTimes): number {
  const intervalMs = 'cron' in times ? Math.min(...times.cron.map(cronIntervalMs)) : times.everyMs;
  return Math.min(DAY_MS, Math.max(MIN_CATCHUP_MS, intervalMs));
}

function timesOf(name: string, entry: ScheduleEntry, resolution: Resolution): ScheduleTimes | undefined {
  const at = ['schedules', name];
  const written = resolution.writtenNames(...at);
  if (written.includes('cron') === written.includes('every')) {
    const what = written.includes('cron') ? 'cron and every stand here both' : 'nothing says when';
    resolution.report(at, `${what}; write cron: "30 2 * * *" or every: 6h`, 'key');
    return undefined;
  }
  if (entry.every !== undefined) {
    if (entry.timezone !== undefined)
      resolution.report([...at, 'timezone'], 'an interval has no time zone; write cron, or remove it', 'key');
    const [everyMs, offsetMs] = [durationMs(entry.every) ?? 0, durationMs(entry.offset ?? 0) ?? 0];
    if (offsetMs >= everyMs)
      resolution.report([...at, 'offset'], `${shown(entry.offset)} is not shorter than every; write less`);
    return { everyMs, offsetMs };
  }
  if (entry.offset !== undefined)
    resolution.report([...at, 'offset'], 'it goes with every; write the time into cron', 'key');
  if (entry.cron === undefined) return undefined;
  return { cron: typeof entry.cron === 'string' ? [entry.cron] : entry.cron, timezone: entry.timezone ?? 'UTC' };
}

function reportUnknownNames(schedule: string, entry: ScheduleEntry, isWhole: boolean, resolution: Resolution): void {
  const report = (key: 'hosts' | 'sources' | 'tags', word: string, known: readonly string[]) => {
    entry[key]?.forEach((name, index) => {
      if (!known.includes(name))
        resolution.report(
          ['schedules', schedule, key, index],
          `there is no ${word} ${shown(name)}; ${suggestion(name, known)}`,
        );
    });
  };
  report('hosts', 'host', resolution.writtenNames('hosts'));
  const sources = resolution.sources.filter(({ host }) => entry.hosts?.includes(host) ?? true);
  if (!isWhole || sources.length === 0) return;
  report('sources', 'source', [...new Set(sources.map(({ name }) => name))]);
  report('tags', 'tag', [...new Set(sources.flatMap(({ tags }) => tags))]);
}
