import { failure } from '../core/failures.js';
import type { HostPlan, SourcePlan } from '../core/plan.js';
import type { SourceBackups } from './backups.js';
import type { BackupSummary } from './contract.js';
import { mirrorPathsOf } from './mirror/mirror-paths.js';
import type { MirrorState } from './mirror/mirror-state.js';
import { readMirrorState } from './mirror/mirror-state.js';

/** A mirror has one point in time: its last committed run; `unfinished` while a run changes it, or after one was cut off. */
export async function listMirrorBackups(host: HostPlan, source: SourcePlan): Promise<SourceBackups> {
  const reading = await readMirrorState(mirrorPathsOf(host, source));
  switch (reading.kind) {
    case 'absent':
      return { backups: [], failures: [] };
    case 'unreadable': {
      const place = { host: host.name, source: source.name };
      return { backups: [], failures: [failure('MirrorUnfinished', reading.reason, place)] };
    }
    case 'known': {
      const summary = summaryOf(reading.state, source);
      return { backups: summary === undefined ? [] : [summary], failures: [] };
    }
  }
}

function summaryOf(state: MirrorState, source: SourcePlan): BackupSummary | undefined {
  const { last } = state;
  if (last === undefined) return undefined;
  return {
    id: last.backupId,
    host: state.host,
    source: state.source,
    engine: 'mirror',
    destination: source.destination.name,
    level: 0,
    parent: null,
    status: state.state === 'syncing' ? 'unfinished' : last.status,
    startedAt: last.startedAt,
    finishedAt: last.finishedAt,
    entries: last.entries,
    sourceBytes: last.sourceBytes,
    storedBytes: last.sourceBytes,
  };
}
