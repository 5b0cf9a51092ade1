import { createHash } from 'node:crypto';
import { z } from 'zod';
import { EXTENT_NAME } from '../../core/extents/map.js';
import { HoldfastError } from '../../core/failures.js';
import { parseBackupId } from '../../core/ids.js';
import type { Manifest, ManifestContent, ManifestSignature } from '../../core/archive/manifest.js';
import { FORMAT } from '../../core/archive/manifest.js';
import type { WorkerKeys } from '../../providers/keys/key-store.js';

const count = z.number().int().nonnegative();
const time = z.iso.datetime();
const id = z.string().refine((text) => parseBackupId(text) !== undefined, 'not a backup id');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Within the backup's own prefix. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
/** Of so many bytes. */
const base64 = (bytes: number) =>
  z.base64().refine((text) => Buffer.from(text, 'base64').byteLength === bytes, `not base64 of ${bytes} bytes`);
const stored = { name, sha256, sizeBytes: count };
const extent = { ...stored, name: z.string().regex(EXTENT_NAME) };

const rule = z.union([z.string(), z.strictObject({ base64: z.base64() })]);
const filters = z.looseObject({
  excludeIfPresent: z.array(z.string().min(1)).optional(),
  excludeCaches: z.boolean().optional(),
  oneFileSystem: z.boolean().optional(),
  maxFileSizeBytes: count.optional(),
  newerThanMs: count.optional(),
  olderThanMs: count.optional(),
});

const schema = z.looseObject({
  kind: z.literal('holdfast-backup'),
  format: z.literal(FORMAT),
  id,
  host: z.string().min(1),
  source: z.string().min(1),
  path: z.string().startsWith('/'),
  fileSystem: z
    .looseObject({ mountPoint: z.string(), type: z.string(), mounted: z.string(), id: z.string().optional() })
    .optional(),
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
      kind: z.enum(['content', 'skeletons', 'directories']),
      rawBytes: count,
      entries: count,
      compression: z.literal('none').optional(),
    }),
  ),
  extents: z
    .looseObject({
      maps: z.array(z.looseObject({ ...extent, number: count, extentSizeBytes: count })),
      stored: z.array(z.looseObject(extent)),
      rawBytes: count,
    })
    .optional(),
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
  options: z.looseObject({ path: z.string(), exclude: z.array(rule), filters: filters.optional() }),
  versions: z.looseObject({ holdfast: z.string(), tar: z.string(), compressor: z.string() }),
  run: z.looseObject({ workflowId: z.string(), runId: z.string() }),
  encryption: z.looseObject({ recipients: z.array(z.string()), indexRecipients: z.array(z.string()) }).optional(),
  previous: z.looseObject({ id, checksum: sha256 }).nullable().optional(),
  checksum: sha256,
  signature: z.looseObject({ key: base64(32), value: base64(64) }).optional(),
});

/**
 * What is summed and signed: the compact JSON without `checksum` and `signature`, as `jq -cj 'del(.checksum, .signature)' manifest.json`
 * prints it.
 */
export function signedBytes(manifest: ManifestContent): Buffer {
  const { checksum: _checksum, signature: _signature, ...content } = manifest as Manifest;
  return Buffer.from(JSON.stringify(content), 'utf8');
}

/** Lower-case hex SHA-256 of the signed bytes. */
export const manifestChecksum = (manifest: ManifestContent): string =>
  createHash('sha256').update(signedBytes(manifest)).digest('hex');

/** The bytes of `manifest.json`. */
export function encodeManifest(manifest: ManifestContent, signing?: WorkerKeys['signing']): Buffer {
  const { checksum: _checksum, signature: _signature, ...content } = manifest as Manifest;
  const signature: ManifestSignature | undefined = signing && {
    key: signing.publicKey,
    value: signing.sign(signedBytes(content)),
  };
  const whole = { ...content, checksum: manifestChecksum(content), ...(signature === undefined ? {} : { signature }) };
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
