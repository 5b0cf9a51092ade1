import { z } from 'zod';
import { parseBackupId } from '../../core/ids.js';

const count = z.number().int().nonnegative();
const time = z.iso.datetime();
const run = z.strictObject({ workflowId: z.string(), runId: z.string() }).readonly();

const statistics = z
  .strictObject({
    filesTotal: count,
    filesTransferred: count,
    filesCreated: count,
    filesDeleted: count,
    totalSizeBytes: count,
    literalBytes: count,
    matchedBytes: count,
    bytesSent: count,
    bytesReceived: count,
    speedup: z.number().nonnegative(),
  })
  .readonly();

const flawedEntry = z
  .strictObject({
    path: z.string(),
    flaw: z.enum(['changed', 'unreadable', 'unsupported', 'vanished']),
    message: z.string(),
  })
  .readonly();

/** Where the source lay; see core/scan/file-system-identity.ts. */
const fileSystem = z
  .strictObject({ mountPoint: z.string(), type: z.string(), mounted: z.string(), id: z.string().exactOptional() })
  .readonly();

/** One committed point in time: what the mirror held when a run ended well. */
export const committed = z
  .strictObject({
    backupId: z.string().refine((id) => parseBackupId(id) !== undefined, 'not a backup id'),
    status: z.enum(['ok', 'warning']),
    startedAt: time,
    finishedAt: time,
    /** Entries of the source, its own directory among them. */
    entries: count,
    /** Sizes of all its files. */
    sourceBytes: count,
    statistics,
    flaws: z.strictObject({ count, first: z.array(flawedEntry).max(100).readonly() }).readonly(),
    /** Owners and modes are kept in extended attributes: a restore must read them from there. */
    fakeSuper: z.boolean(),
    /** Absent: the host could not say, or an older version wrote this. */
    fileSystem: fileSystem.exactOptional(),
    holdfastVersion: z.string(),
    run,
  })
  .readonly();

const common = {
  kind: z.literal('holdfast-mirror'),
  format: z.literal(1),
  host: z.string().min(1),
  source: z.string().min(1),
  /** The source's directory on the host. */
  path: z.string().startsWith('/'),
};

/**
 * The file beside a mirror. `syncing`: a run is changing it, or was cut off; it is no backup. `committed`: it is what the source was at `last`.
 */
export const mirrorStateSchema = z.discriminatedUnion('state', [
  z
    .strictObject({
      ...common,
      state: z.literal('syncing'),
      run,
      /** Attempt of the run that writes now. */
      attemptToken: z.string(),
      since: time,
      /** Entries that the mirror had before: what deletions are measured against. */
      previousEntries: count,
      last: committed.optional(),
    })
    .readonly(),
  z.strictObject({ ...common, state: z.literal('committed'), last: committed }).readonly(),
]);

export type MirrorState = z.infer<typeof mirrorStateSchema>;
export type CommittedMirror = z.infer<typeof committed>;
