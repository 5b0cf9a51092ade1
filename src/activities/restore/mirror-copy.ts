import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import { mirrorRestoreOptions } from '../../core/restore-rsync-options.js';
import { ComplaintLog } from '../../core/rsync-complaint-log.js';
import { type ItemizedChange, parseItemized } from '../../core/rsync-itemized.js';
import { DRY_RUN_OUTPUT, SYNC_OUTPUT } from '../../core/rsync-options.js';
import { judgeRsync, type RsyncOutcome } from '../../core/rsync-outcome.js';
import { StatisticsReader } from '../../core/rsync-statistics.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { RestoreRequest } from '../contract.js';
import { localRsync } from '../mirror/local-rsync.js';
import { runRsync } from '../mirror/rsync-process.js';
import type { MirrorRestoreRecord } from './mirror-restore-record.js';

export const NAMES_FILE = 'mirror-names';

export interface MirrorCopy {
  readonly spool: string;
  readonly record: MirrorRestoreRecord;
  readonly request: RestoreRequest;
  /** `look`: change nothing, and name what would change. */
  readonly mode: 'look' | 'write';
  /** Comparison after the copy: what is the same is not copied again, whatever was asked for. */
  readonly compareOnly?: boolean;
  readonly onChange: (change: ItemizedChange) => void;
}

export type GoodEnd = Extract<RsyncOutcome, { kind: 'done' }>;

/** One rsync from the mirror to the target. Throws what its bad end means: RestoreTargetFull, RestoreTargetInvalid, RsyncInterrupted, HostUnreachable … */
export async function copyMirror(providers: Providers, control: ActivityControl, copy: MirrorCopy): Promise<GoodEnd> {
  const { record } = copy;
  const complaints = new ComplaintLog({ sourcePath: record.mirror, mirror: record.target.path });
  const statistics = new StatisticsReader();
  const status = await runRsync({
    words: await commandLine(providers, control, copy),
    signal: control.signal,
    onOutput: (line) => {
      if (statistics.add(line)) return;
      const change = parseItemized(line);
      if (change) copy.onChange(change);
      else complaints.addOutput(line);
    },
    onError: (line) => complaints.add(line),
  });
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

async function commandLine(
  providers: Providers,
  control: ActivityControl,
  { spool, record, request, mode, compareOnly }: MirrorCopy,
): Promise<string[]> {
  const { source, target, targetHost } = record;
  const version = await localRsync(control.signal);
  const options = mirrorRestoreOptions({
    words: source.rsyncOptions,
    exclude: source.exclude,
    ...(source.excludeFile === undefined ? {} : { excludeFile: source.excludeFile }),
    preserveOwnership: source.preserveOwnership,
    fakeSuper: record.fakeSuper,
    overwrite: compareOnly && request.overwrite === 'always' ? 'changed' : request.overwrite,
    delete: request.delete,
    target: { root: target.root, here: targetHost === undefined },
    ...(request.include.length === 0 ? {} : { namesFile: join(spool, NAMES_FILE) }),
  });
  const output = mode === 'look' ? DRY_RUN_OUTPUT : [...SYNC_OUTPUT, '--out-format=@@%i %n'];
  const operands = ['--', `${record.mirror}/`];
  if (targetHost === undefined) return [...options, ...output, ...operands, `${target.path}/`];
  const shell = await providers.remoteShellFor(targetHost);
  const protection = version.protectsArguments ? [] : ['--protect-args'];
  return [...options, ...output, ...protection, `--rsh=${shell.rsh}`, ...operands, `${shell.address}:${target.path}/`];
}
