import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HoldfastError } from '../../core/failures.js';
import { parseBackupId } from '../../core/ids.js';
import type { Manifest } from '../../core/manifest.js';
import { FORMAT } from '../../core/manifest.js';

const count = z.number().int().nonnegative();
const time = z.iso.datetime();
const id = z.string().refine((text) => parseBackupId(text) !== undefined, 'not a backup id');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Within the backup's own prefix. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
const stored = { name, sha256, sizeBytes: count };

const schema = z.looseObject({
  kind: z.literal('holdfast-backup'),
  format: z.literal(FORMAT),
  id,
  host: z.string().min(1),
  source: z.string().min(1),
  path: z.string().startsWith('/'),
  level: count,
  parent: id.nullable(),
  chain: z.array(id).min(1),
  startedAt: time,
  scannedAt: time,
  finishedAt: time,
  status: z.enum(['ok', 'warning']),
  counts: z.looseObject({ entries: count, files: count, directories: count, symlinks: count, others: count }),
  changed: count,
  deleted: count,
  bytes: z.looseObject({ source: count, raw: count, stored: count }),
  index: z.looseObject({ ...stored, lines: count }),
  shards: z.array(
    z.looseObject({
      ...stored,
      number: count,
      kind: z.enum(['content', 'directories']),
      rawBytes: count,
      entries: count,
    }),
  ),
  flaws: z.looseObject({
    count,
    first: z.array(
      z.looseObject({
        path: z.string(),
        flaw: z.enum(['changed', 'unreadable', 'unsupported', 'vanished']),
        message: z.string(),
      }),
    ),
  }),
  options: z.looseObject({ path: z.string(), exclude: z.array(z.string()) }),
  versions: z.looseObject({ holdfast: z.string(), tar: z.string(), compressor: z.string() }),
  run: z.looseObject({ workflowId: z.string(), runId: z.string() }),
  checksum: sha256,
});

/** Lower-case hex SHA-256 of the compact JSON without `checksum`: what `jq -cj 'del(.checksum)' manifest.json | sha256sum` prints. */
export function manifestChecksum(manifest: Omit<Manifest, 'checksum'>): string {
  const { checksum: _checksum, ...rest } = manifest as Manifest;
  return createHash('sha256').update(JSON.stringify(rest), 'utf8').digest('hex');
}

/** The bytes of `manifest.json`. */
export function encodeManifest(manifest: Omit<Manifest, 'checksum'>): Buffer {
  const whole = { ...manifest, checksum: manifestChecksum(manifest) };
  return Buffer.from(`${JSON.stringify(whole, null, 2)}\n`, 'utf8');
}

/** Reads a manifest; ManifestDamaged when it is none, of another format, or its checksum does not fit. */
export function decodeManifest(bytes: Uint8Array, key: string): Manifest {
  const value = parseJson(bytes, key);
  const read = schema.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw damaged(key, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  // The value as it was read: the schema's copy might order its fields otherwise.
  const manifest = value as Manifest;
  if (manifestChecksum(manifest) !== manifest.checksum) throw damaged(key, 'its checksum does not fit');
  return manifest;
}

function parseJson(bytes: Uint8Array, key: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw damaged(key, 'it is not JSON');
  }
}

const damaged = (key: string, reason: string): HoldfastError =>
  new HoldfastError('ManifestDamaged', `${key} is damaged: ${reason}`);
