import { HoldfastError } from '../../core/failures.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import { ComplaintLog } from '../../core/rsync/complaint-log.js';
import { SYNC_OUTPUT, rsyncOperands } from '../../core/rsync/options.js';
import { judgeRsync, type RsyncOutcome } from '../../core/rsync/outcome.js';
import { StatisticsReader } from '../../core/rsync/statistics.js';
import type { SourceState } from '../../core/ssh/probe.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { ProbeHostResult } from '../contract.js';
import { runRsync } from '../mirror/rsync-process.js';

/**
 * What rsync alone can tell of a host: whether it answers, and which of its sources can be entered. Its tools, its clock and its mounts are not
 * known. Throws what keeps rsync from running there at all.
 */
export async function probeByRsync(
  providers: Providers,
  control: ActivityControl,
  host: HostPlan,
): Promise<ProbeHostResult> {
  const startedAtMs = Date.now();
  const sources: { source: string; state: SourceState }[] = [];
  for (const source of host.sources) {
    const state = stateOf(await listByRsync(providers, control, host, source), host, source);
    sources.push({ source: source.name, state });
  }
  return { tools: {}, sources, roundTripMs: Date.now() - startedAtMs };
}

/** Lists the source's own entries, and copies nothing. */
export async function listByRsync(
  providers: Providers,
  { signal }: ActivityControl,
  host: HostPlan,
  source: SourcePlan,
): Promise<RsyncOutcome> {
  const complaints = new ComplaintLog({ sourcePath: source.path, mirror: '/' });
  const statistics = new StatisticsReader();
  const shell = await providers.remoteShellFor(host, signal);
  const [remote = ''] = rsyncOperands(shell.address, source.path, '/').slice(1);
  const status = await runRsync({
    words: ['--list-only', '--dirs', `--rsh=${shell.rsh}`, `--timeout=60`, ...SYNC_OUTPUT, '--', remote],
    signal,
    onOutput: (line) => {
      if (!statistics.add(line)) complaints.addOutput(line);
    },
    onError: (line) => complaints.add(line),
  }).finally(() => shell.release());
  const end = { host: host.name, ...status, complaints: complaints.complaints() };
  return judgeRsync({ ...end, statistics: statistics.statistics() });
}

function stateOf(outcome: RsyncOutcome, host: HostPlan, source: SourcePlan): SourceState {
  if (outcome.kind === 'done') return 'directory';
  switch (outcome.type) {
    case 'SourceMissing':
      return 'missing';
    case 'SourceNotDirectory':
      return 'not-directory';
    case 'SourceUnreadable':
      return 'unreadable';
    default:
      throw new HoldfastError(outcome.type, outcome.message, { host: host.name, source: source.name });
  }
}
