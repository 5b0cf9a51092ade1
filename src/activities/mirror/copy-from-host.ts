import { bandwidthOf, rsyncBandwidthWords } from '../../core/bandwidth.js';
import { BTRFS_FREEZE_DIRECTORY } from '../../core/freeze/freeze.js';
import { readPathOf } from '../../core/plan.js';
import type { RsyncEnd, RsyncOutcome } from '../../core/rsync/outcome.js';
import { judgeRsync, mayBeTheConnection } from '../../core/rsync/outcome.js';
import { ComplaintLog } from '../../core/rsync/complaint-log.js';
import { needsProtectedArguments, rsyncOperands } from '../../core/rsync/options.js';
import type { RsyncVersion } from '../../core/rsync/version.js';
import { StatisticsReader } from '../../core/rsync/statistics.js';
import type { ActivityControl, Providers, RemoteShell } from '../activity-control.js';
import { localRsync } from './local-rsync.js';
import type { OpenMirror } from './open-mirror.js';
import { runRsync } from './rsync-process.js';

export interface CopyJob {
  /** Options beyond the mirror's own. */
  readonly words: readonly string[];
  /** Lines of standard output that are no statistics. */
  readonly onLine: (line: string) => void;
  /** What has come of a line that has not ended. */
  readonly onRest?: (rest: string) => void;
  /** Whether it writes the mirror; a dry run does not. */
  readonly writes: boolean;
  readonly onStart?: () => Promise<void>;
}

/** One rsync from the host into the mirror, and how it ended. Throws Cancelled, and ToolMissing without a fitting rsync here. */
export async function copyFromHost(
  providers: Providers,
  control: ActivityControl,
  mirror: OpenMirror,
  job: CopyJob,
): Promise<RsyncOutcome> {
  const { host, source, paths } = mirror;
  const complaints = new ComplaintLog({ sourcePath: readPathOf(source), mirror: paths.mirror });
  const statistics = new StatisticsReader();
  const version = await localRsync(control.signal);
  const shell = await providers.remoteShellFor(host, control.signal);
  let brokenBecause: string | undefined;
  const status = await runRsync({
    words: commandLine(mirror, job.words, version, shell),
    ...(job.writes ? { mirror: paths.mirror } : {}),
    signal: control.signal,
    onOutput: (line) => {
      if (statistics.add(line)) return;
      complaints.addOutput(line);
      job.onLine(line);
    },
    onError: (line) => complaints.add(line),
    ...(job.onRest === undefined ? {} : { onRest: job.onRest }),
    ...(job.onStart === undefined ? {} : { onStart: job.onStart }),
  })
    .then(async (ended) => {
      if (mayBeTheConnection(ended.exitCode)) brokenBecause = await shell.brokenBecause?.();
      return ended;
    })
    .finally(() => shell.release());
  const end: RsyncEnd = {
    host: host.name,
    ...status,
    complaints: complaints.complaints(),
    statistics: statistics.statistics(),
    ...(brokenBecause === undefined ? {} : { brokenBecause }),
  };
  return judgeRsync(end);
}

function commandLine(
  { host, source, paths, options }: OpenMirror,
  words: readonly string[],
  version: RsyncVersion,
  shell: RemoteShell,
): string[] {
  const path = readPathOf(source);
  return [
    // Before all filters of the configuration: the first that fits counts.
    ...(source.readPath === undefined ? [] : [`--exclude=/${BTRFS_FREEZE_DIRECTORY}/`]),
    // Before the configuration's own options: a --bwlimit there counts.
    ...rsyncBandwidthWords(bandwidthOf(host, source.destination)),
    ...options.words,
    ...words,
    // What later versions do by themselves: the host's shell must not read names.
    ...(version.protectsArguments && !needsProtectedArguments(path) ? [] : ['--protect-args']),
    `--rsh=${shell.rsh}`,
    ...rsyncOperands(shell.address, path, paths.mirror),
  ];
}
