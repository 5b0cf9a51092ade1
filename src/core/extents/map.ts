import { extentCount } from './layout.js';
import { parseBackupId } from '../ids.js';
import type { StoredObject } from '../archive/manifest.js';

/** One extent that is stored: its content, and the object that holds it, in this backup or an older one of the chain. */
export interface StoredExtent {
  readonly extent: number;
  /** Lower-case hex SHA-256 of the content. */
  readonly contentSha256: string;
  readonly backupId: string;
  readonly object: StoredObject;
}

/** Where the content of a large file lies. */
export interface ExtentMap {
  readonly sizeBytes: number;
  readonly extentSizeBytes: number;
  /** Of the file when its content was read; `seconds.nanoseconds`. */
  readonly mtime: string;
  /** Rising. What none of them covers are zeros: a hole, or what the file had lost while it was read. */
  readonly extents: readonly StoredExtent[];
}

export class ExtentMapError extends Error {}

/** The lines of a map: a head, then one for each stored extent. */
export function* encodeExtentMap({ sizeBytes, extentSizeBytes, mtime, extents }: ExtentMap): Generator<string> {
  yield `${JSON.stringify({ size: sizeBytes, extentSize: extentSizeBytes, mtime, extents: extents.length })}\n`;
  for (const { extent, contentSha256, backupId, object } of extents) {
    const { name, sha256, sizeBytes: stored } = object;
    yield `${JSON.stringify({ extent, content: contentSha256, backup: backupId, name, sha256, sizeBytes: stored })}\n`;
  }
}

/** Reads a whole map strictly. Throws `ExtentMapError` with what is wrong with it. */
export function decodeExtentMap(text: string): ExtentMap {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new ExtentMapError('its last line is cut off');
  const [head = '', ...rest] = lines;
  const { size, extentSize, mtime, extents: count } = parsed(head, 'its head');
  if (!isCount(size) || !isCount(extentSize) || extentSize === 0 || !isCount(count)) {
    throw new ExtentMapError('its head is not of its form');
  }
  if (typeof mtime !== 'string' || !/^-?\d+\.\d{9}$/.test(mtime)) throw new ExtentMapError('its head has no mtime');
  if (rest.length !== count) throw new ExtentMapError(`it has ${rest.length} extents, not ${count}`);
  const last = extentCount(size, extentSize) - 1;
  const extents = rest.map((line, at) => storedExtent(line, at + 2));
  let before = -1;
  for (const { extent } of extents) {
    if (extent <= before) throw new ExtentMapError(`extent ${extent} is out of order`);
    if (extent > last) throw new ExtentMapError(`extent ${extent} lies beyond the end of the file`);
    before = extent;
  }
  return { sizeBytes: size, extentSizeBytes: extentSize, mtime, extents };
}

const HASH = /^[0-9a-f]{64}$/;
/** Within a backup's prefix. */
export const EXTENT_NAME = /^extents\/[A-Za-z0-9][A-Za-z0-9._-]*$/;

function storedExtent(line: string, number: number): StoredExtent {
  const { extent, content, backup, name, sha256, sizeBytes } = parsed(line, `line ${number}`);
  const fits =
    isCount(extent) &&
    isCount(sizeBytes) &&
    matches(content, HASH) &&
    matches(sha256, HASH) &&
    matches(name, EXTENT_NAME) &&
    typeof backup === 'string' &&
    parseBackupId(backup) !== undefined;
  if (!fits) throw new ExtentMapError(`line ${number} is no extent`);
  return { extent, contentSha256: content, backupId: backup, object: { name, sha256, sizeBytes } };
}

function parsed(line: string, what: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new ExtentMapError(`${what} is no JSON object`);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const matches = (value: unknown, pattern: RegExp): value is string => typeof value === 'string' && pattern.test(value);
