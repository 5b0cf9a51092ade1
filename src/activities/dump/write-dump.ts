import { HoldfastError } from '../../core/failures.js';
import { backupPrefix } from '../../core/archive/manifest-keys.js';
import type { DumpTask } from '../../core/dump/dump.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { withStorage } from '../archive/with-storage.js';
import type { WriteDumpInput, WriteDumpResult } from '../contract.js';
import type { DumpDone } from './dump-records.js';
import { readDumpPlan, readDumpsDone, writeDumpDone } from './dump-records.js';
import { receiveDump } from './receive-dump.js';

/**
 * Stores one dump of a plan, or finds it stored by an earlier attempt. A dump cannot be gone on with: each attempt runs the program anew, and what a
 * failed one stored is removed, if not at once then with the plan.
 *
 * Throws DumpFailed, DatabaseUnreachable, DatabaseLoginFailed, DatabaseNotFound, TransferInterrupted (worth another attempt), ToolMissing, DestinationFull,
 * ObjectMissing (the plan is gone), and what the providers throw.
 */
export async function writeDump(
  providers: Providers,
  control: ActivityControl,
  input: WriteDumpInput,
): Promise<WriteDumpResult> {
  const { host, source, plan, dump } = input;
  const backup = backupPrefix(host.name, source.name, plan.backupId);
  return withStorage(providers, source.destination, async (storage) => {
    const record = await readDumpPlan(storage, plan.planPrefix);
    const task = record.tasks[dump];
    if (task === undefined) throw new HoldfastError('InternalError', `the plan has no dump ${dump}`);
    const earlier = (await readDumpsDone(storage, backup, plan.planPrefix, dump)).get(dump);
    if (earlier !== undefined) return resultOf(task, earlier, true);
    const seal = (await storage.sealing())?.data;
    const { signal } = control;
    const limits = providers.traffic.limit({ host, destination: source.destination, run: input.run, signal });
    const stored: string[] = [];
    const target = {
      ...{ input, record, storage, backup },
      ...(seal === undefined ? {} : { seal }),
      ...(limits === undefined ? {} : { limits }),
    };
    try {
      const done = await receiveDump(providers, control, task, target, ({ object }) => {
        stored.push(backup + object.name);
      });
      await writeDumpDone(storage, plan.planPrefix, done, control.attemptToken);
      return resultOf(task, done, false);
    } catch (error) {
      // What stays is no part of any backup, and goes with the plan or by the sweep.
      if (stored.length > 0) await storage.remove(stored).catch(() => undefined);
      throw error;
    } finally {
      limits?.stop();
    }
  });
}

const resultOf = ({ fileName }: DumpTask, done: DumpDone, reused: boolean): WriteDumpResult => ({
  fileName,
  sizeBytes: done.extents.reduce((sum, { object }) => sum + object.sizeBytes, 0),
  rawBytes: done.sizeBytes,
  remarks: done.remarks,
  reused,
});
