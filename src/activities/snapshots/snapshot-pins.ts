import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { HoldfastError } from '../../core/failures.js';
import type { RunIdentity, SnapshotPin } from '../contract.js';
import { writeDurably } from '../mirror/durable-write.js';
import { hasRecord } from './snapshot-leases.js';
import { pinOf } from './snapshot-paths.js';

const pinSchema = z.object({ since: z.iso.datetime(), reason: z.string().optional() });

/** A person keeps a snapshot. A file of its own beside the record, so that a pin never brings a removed record back. @throws HoldfastError BackupNotFound */
export async function writePin(
  folder: string,
  snapshot: string,
  pin: SnapshotPin & { readonly run: RunIdentity },
): Promise<void> {
  const gone = new HoldfastError('BackupNotFound', `there is no snapshot ${snapshot} in ${folder}`);
  if (!(await hasRecord(folder, snapshot))) throw gone;
  await writeDurably(pinOf(folder, snapshot), `${JSON.stringify(pin)}\n`);
  if (await hasRecord(folder, snapshot)) return;
  await removePin(folder, snapshot);
  throw gone;
}

export async function removePin(folder: string, snapshot: string): Promise<void> {
  await rm(pinOf(folder, snapshot), { force: true });
}

/** Undefined when it is not pinned. A pin that cannot be read is one all the same: it must not be lost by a scratch. */
export async function readPin(folder: string, snapshot: string): Promise<SnapshotPin | undefined> {
  let text: string;
  try {
    text = await readFile(pinOf(folder, snapshot), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { since, reason } = pinSchema.parse(JSON.parse(text));
    return { since, ...(reason === undefined ? {} : { reason }) };
  } catch {
    return { since: new Date(0).toISOString(), reason: 'its pin cannot be read' };
  }
}
