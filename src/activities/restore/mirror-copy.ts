import { join } from 'node:path';
import { bandwidthOf, rsyncBandwidthWords } from '../../core/bandwidth.js';
import { HoldfastError } from '../../core/failures.js';
import { mirrorRestoreOptions } from '../../core/restore/rsync-options.js';
import { ComplaintLog } from '../../core/rsync/complaint-log.js';
import { type ItemizedChange, parseItemized } from '../../core/rsync/itemized.js';
import { DRY_RUN_OUTPUT, SYNC_OUTPUT } from '../../core/rsync/options.js';
import { judgeRsync, type RsyncOutcome } from '../../core/rsync/outcome.js';
import type { RsyncVersion } from '../../core/rsync/version.js';
import { StatisticsReader } from '../../core/rsync/statistics.js';
import type { HostPlan } from '../../core/plan.js';
import type { ActivityControl, Providers, RemoteShell } from '../activity-control.js';
import type { RestoreRequest } from '../contract.js';
import { localRsync } from '../mirror/local-rsync.js';
import { runRsync } from '../mirror/rsync-process.js';
import type { MirrorRestoreRecord } from './mirror-restore-record.js';
import { takesAll } from './restore-scope.js';

export const NAMES_FILE = 'mirror-names';

export interface MirrorCopy {
  readonly spool: string;
  readonly record: MirrorRestoreRecord;
  readonly request: RestoreRequest;
  /** `look`: change nothing, and name what would change. */
  readonly mode: 'look' | 'write';
  /** Comparison after the copy: what is the same is not copied again, whatever was asked for. */
  readonly compareOnly?: boolean;
  /** Only what the target has and the mirror has not, all over the tree; with `look`. */
  readonly surplusOnly?: boolean;
  readonly onChange: (change: MirrorChange) => void;
}

export interface MirrorChange extends ItemizedChange {
  readonly isDirectory: boolean;
}

export type GoodEnd = Extract<RsyncOutcome, { kind: 'done' }>;

/** One rsync from the mirror to the target. Throws what its bad end means: RestoreTargetFull, RestoreTargetInvalid, RsyncInterrupted, HostUnreachable … */
export async function copyMirror(providers: Providers, control: ActivityControl, copy: MirrorCopy): Promise<GoodEnd> {
  const { record } = copy;
  const complaints = new ComplaintLog({ sourcePath: record.mirror, mirror: record.target.path });
  const statistics = new StatisticsReader();
  const version = await localRsync(control.signal);
  const { targetHost } = record;
  const shell = targetHost && (await providers.remoteShellFor(targetHost, control.signal));
  const status = await runRsync({
    words: commandLine(copy, version, shell),
    signal: control.signal,
    onOutput: (line) => {
      if (statistics.add(line)) return;
      const change = parseItemized(line);
      if (change) copy.onChange({ ...change, isDirectory: line.endsWith('/') });
      else complaints.addOutput(line);
    },
    onError: (line) => complaints.add(line),
  }).finally(() => shell?.release());
  const outcome = judgeRsync({
    host: record.target.machine,
    ...status,
    complaints: complaints.complaints(),
    statistics: statistics.statistics(),
  });
  if (outcome.kind === 'done') return outcome;
  const type = TARGET_FAILURES[outcome.type] ?? outcome.type;
  throw new HoldfastError(
    type,
    `copying ${record.mirror} to ${record.target.path} on ${record.target.machine}: ${outcome.message}`,
  );
}

/** The target stands where a backup's destination would. */
const TARGET_FAILURES: Readonly<Record<string, 'RestoreTargetFull' | 'RestoreTargetInvalid' | 'ObjectMissing'>> = {
  DestinationFull: 'RestoreTargetFull',
  DestinationDenied: 'RestoreTargetInvalid',
  SourceMissing: 'ObjectMissing',
};

function commandLine(
  { spool, record, request, mode, compareOnly, surplusOnly = false }: MirrorCopy,
  version: RsyncVersion,
  shell: RemoteShell | undefined,
): string[] {
  const { source, target, targetHost } = record;
  const everything = surplusOnly || takesAll(request);
  const options = mirrorRestoreOptions({
    words: source.rsyncOptions,
    exclude: source.exclude,
    ...(source.excludeFile === undefined ? {} : { excludeFile: source.excludeFile }),
    oneFileSystem: source.filters?.oneFileSystem === true,
    ...(record.protectFile === undefined ? {} : { protectFile: record.protectFile }),
    preserveOwnership: source.preserveOwnership,
    fakeSuper: record.fakeSuper,
    overwrite: compareOnly && request.overwrite === 'always' ? 'changed' : request.overwrite,
    // Without recursion rsync deletes nothing: what goes then is found by another run (mirror-surplus.ts).
    delete: request.delete && everything,
    makeRoom: request.delete && !everything,
    target: { root: target.root, here: targetHost === undefined },
    ...(everything ? {} : { namesFile: join(spool, NAMES_FILE) }),
  });
  // Together they leave all transfers out (rsync(1), --existing).
  if (surplusOnly) options.push('--existing', '--ignore-existing');
  const output = mode === 'look' ? DRY_RUN_OUTPUT : [...SYNC_OUTPUT, '--out-format=@@%i %n'];
  const operands = ['--', `${record.mirror}/`];
  const limit = rsyncBandwidthWords(bandwidthOf(targetHost, source.destination));
  if (shell === undefined) return [...limit, ...options, ...output, ...operands, `${target.path}/`];
  const rsyncPath = rsyncPathOn(targetHost);
  const protection = version.protectsArguments ? [] : ['--protect-args'];
  return [
    ...limit,
    ...options,
    ...output,
    ...protection,
    `--rsh=${shell.rsh}`,
    ...(rsyncPath === undefined ? [] : [`--rsync-path=${rsyncPath}`]),
    ...operands,
    `${shell.address}:${target.path}/`,
  ];
}

/** The program that all of a host's sources are read by, `sudo rsync` for one; it writes there too. Undefined: rsync, or not the same for all. */
export function rsyncPathOn(host: HostPlan | undefined): string | undefined {
  const [path, ...others] = new Set(host?.sources.map(({ rsyncPath }) => rsyncPath));
  return others.length === 0 ? path : undefined;
}
