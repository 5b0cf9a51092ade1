import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseSnapshotName } from '../../core/snapshots/names.js';
import { writeDurably } from '../mirror/durable-write.js';
import { committed } from '../mirror/mirror-state-schema.js';

const shown = z
  .strictObject({
    uuid: z.string(),
    parentUuid: z.string().exactOptional(),
    receivedUuid: z.string().exactOptional(),
    subvolumeId: z.number().int(),
  })
  .readonly();

const identity = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('subvolume'),
      fileSystemId: z.string(),
      readOnly: z.boolean(),
      shown: shown.exactOptional(),
    })
    .readonly(),
  z.strictObject({ type: z.literal('directory'), inode: z.string().regex(/^\d+$/) }).readonly(),
]);

/** The file beside a copy that makes it a snapshot: written last, never changed. Format 1. */
export const snapshotRecordSchema = z
  .strictObject({
    kind: z.literal('holdfast-snapshot'),
    format: z.literal(1),
    name: z.string().refine((name) => parseSnapshotName(name) !== undefined, 'not a snapshot’s name'),
    host: z.string().min(1),
    source: z.string().min(1),
    /** The source's directory on the host. */
    path: z.string().startsWith('/'),
    method: z.enum(['btrfs', 'reflink', 'hardlink']),
    /** By the clock of the machine that made it, as all times. */
    begunAt: z.iso.datetime(),
    madeAt: z.iso.datetime(),
    /** The backup that it holds, as the mirror's state told of it. */
    backup: committed,
    copy: identity,
    /** Subvolumes below the mirror: empty directories in the copy. Escaped names, at most 20. */
    leftOut: z
      .strictObject({ count: z.number().int().positive(), first: z.array(z.string()).max(20).readonly() })
      .readonly()
      .exactOptional(),
    /** The run that made it. */
    run: z.strictObject({ workflowId: z.string(), runId: z.string() }).readonly(),
    holdfastVersion: z.string(),
  })
  .readonly();

export type SnapshotRecord = z.infer<typeof snapshotRecordSchema>;

export type RecordReading =
  | { readonly kind: 'absent' }
  | { readonly kind: 'known'; readonly record: SnapshotRecord }
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface RecordOwner {
  readonly host: string;
  readonly source: string;
  readonly name: string;
}

/** A record copied from elsewhere must not speak for a snapshot that is not its own. */
export async function readRecord(path: string, owner: RecordOwner): Promise<RecordReading> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: 'unreadable', reason: 'it is not JSON' };
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'absent' };
    throw error;
  }
  const parsed = snapshotRecordSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { kind: 'unreadable', reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
  }
  const { host, source, name } = parsed.data;
  if (host === owner.host && source === owner.source && name === owner.name)
    return { kind: 'known', record: parsed.data };
  return { kind: 'unreadable', reason: `it is of ${host}, ${source}, ${name}` };
}

/** Durable when it returns. */
export async function writeRecord(path: string, record: SnapshotRecord): Promise<void> {
  await writeDurably(path, `${JSON.stringify(snapshotRecordSchema.parse(record), null, 2)}\n`);
}
