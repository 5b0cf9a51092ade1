import { failureOf } from '../../core/failures.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { withStorage } from '../archive/with-storage.js';
import type { PreviewedBackup, PreviewedSource, PreviewPruneInput, PreviewPruneResult } from '../contract.js';
import { type ArchivedSource, archivedSources } from './archived-sources.js';
import { type JudgedBackup, lookAtSource } from './look-at-source.js';
import { lastPruneMs } from './retention-records.js';

/** A page's worth: at some 200 bytes for each backup it stays far below what a payload may have. */
const BACKUPS_IN_PAGE = 400;

/** What a prune would do, a page at a time. Changes nothing. */
export async function previewPrune(
  providers: Providers,
  control: ActivityControl,
  input: PreviewPruneInput,
): Promise<PreviewPruneResult> {
  const all = await archivedSources(input);
  const sources: PreviewedSource[] = [];
  let room = BACKUPS_IN_PAGE;
  let { offset, shown } = input;
  for (; offset < all.length && room > 0; offset += 1) {
    control.signal.throwIfAborted();
    const one = all[offset] as ArchivedSource;
    control.progress({ host: one.host, source: one.source.name });
    const preview = await previewSource(providers, one, input.nowMs);
    const backups = preview.backups.slice(shown, shown + room);
    sources.push({ ...preview, backups });
    // A source without backups takes room too: there may be thousands of them.
    room -= Math.max(1, backups.length);
    if (shown + backups.length < preview.backups.length)
      return { sources, next: { offset, shown: shown + backups.length } };
    shown = 0;
  }
  return { sources, ...(offset < all.length ? { next: { offset, shown: 0 } } : {}) };
}

async function previewSource(
  providers: Providers,
  { host, source }: ArchivedSource,
  nowMs: number,
): Promise<PreviewedSource> {
  const place = { host, source: source.name, destination: source.destination.name };
  try {
    return await withStorage(providers, source.destination, async (storage) => {
      const last = await lastPruneMs(storage);
      const when = { nowMs, ...(last === undefined ? {} : { lastPruneMs: last }) };
      const { backups, doubt } = await lookAtSource(storage, host, source, when);
      return {
        ...place,
        backups: backups.map((backup) => previewOf(backup, nowMs)),
        ...(doubt === undefined ? {} : { doubt }),
      };
    });
  } catch (error) {
    return { ...place, backups: [], failure: failureOf(error, { host, source: source.name }) };
  }
}

function previewOf(backup: JudgedBackup, nowMs: number): PreviewedBackup {
  const { id, status, storedBytes, keptBy, neededBy, mark, dueMs } = backup;
  const common = { id, status, storedBytes };
  if (dueMs === undefined) {
    const reasons = [...keptBy, ...(neededBy === undefined ? [] : [`needed by ${neededBy}`])];
    const back = mark === undefined ? '' : ' (its mark is taken back)';
    return { ...common, fate: 'stays', why: `${reasons.join(', ')}${back}` };
  }
  const dueAt = new Date(dueMs).toISOString();
  const why = mark === undefined ? 'no rule keeps it' : `no rule keeps it; marked ${mark.markedAt}`;
  return { ...common, fate: dueMs <= nowMs ? 'deleted' : mark === undefined ? 'marked' : 'waits', why, dueAt };
}
