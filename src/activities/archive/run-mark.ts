import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { RunIdentity } from '../contract.js';

/** Whose a plan is: the first thing that is written of it, so that a sweep can ask whether its run goes on. Never encrypted: it names no file. */
const RUN_MARK = 'run.json';

export async function writeRunMark(storage: ObjectStorage, planPrefix: string, run: RunIdentity): Promise<void> {
  const { workflowId, runId } = run;
  await storage.putIfAbsent(planPrefix + RUN_MARK, Buffer.from(JSON.stringify({ workflowId, runId })));
}

/** Of a key below a backup's prefix. */
export const isRunMark = (key: string): boolean => /\/plan-[^/]+\/run\.json$/.test(key);

/** Undefined when it cannot be read. */
export async function readRunMark(storage: ObjectStorage, key: string): Promise<RunIdentity | undefined> {
  const bytes = await storage.readSmall(key);
  try {
    const { workflowId, runId } = JSON.parse(bytes?.toString('utf8') ?? '{}') as Partial<RunIdentity>;
    return workflowId === undefined || runId === undefined ? undefined : { workflowId, runId };
  } catch {
    return undefined;
  }
}
