import type { Readable, Writable } from 'node:stream';
import type { HoldfastError } from '../../core/failures.js';

/** What `putIfAbsent` and `readSmall` are for: manifests and other records. A larger one is damaged or hostile. */
export const SMALL_OBJECT_BYTES = 16 * 1024 * 1024;

/**
 * Where archives are kept: keys and immutable objects. One implementation per folder's file; `test/contract/object-storage.ts`
 * is the suite that each must pass.
 *
 * Keys are relative to the destination's root (a local directory, or bucket + prefix), with `/` between segments, never leading
 * with `/`, never holding `.` and `..` segments, `//` or control characters; an implementation refuses others with `UnsafePath`
 * (core/object-keys). No key may lie below another: a file cannot be a directory too.
 *
 * Failures are `HoldfastError`: DestinationUnreachable, DestinationDenied, DestinationFull, DestinationNotFound,
 * DestinationInvalid, ObjectMissing, Cancelled (a signal fired).
 * All calls honour `signal` where given and are safe to repeat.
 */
export interface ObjectStorage {
  /** For messages: `/srv/backup`, `s3://bucket/prefix`. Holds no secret. */
  readonly location: string;

  /** Starts an object. It becomes visible, whole and durable, only with `commit()`; a crash before that leaves nothing under `key`. */
  createObject(key: string, options: CreateOptions): Promise<ObjectWriter>;

  /** Writes a small object (up to 16 MiB) only if `key` does not exist: `false` when it does. Atomic between writers. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;

  /** A stream of the object's bytes; ObjectMissing when there is none. */
  read(key: string, signal?: AbortSignal): Promise<Readable>;

  /** A small object whole, or undefined when there is none; ObjectDamaged when it is larger than 16 MiB. */
  readSmall(key: string): Promise<Buffer | undefined>;

  /** Size, or undefined when there is none. */
  size(key: string): Promise<number | undefined>;

  /**
   * What the storage itself says of an object's content, for comparison with what it said before: changes when the content does. Undefined
   * when it says nothing without reading, or there is no such object.
   */
  fingerprint(key: string): Promise<string | undefined>;

  /** Makes a second object of the same bytes within the destination, without moving them through this machine where it can. `toKey` must be free. ObjectMissing. */
  copy(fromKey: string, toKey: string, options: CopyOptions): Promise<void>;

  /** Where objects are files of this machine: the object's path, for programs that read it themselves. Never to be written to. */
  filePath?(key: string): string;

  /** Names directly below `prefix` ('' or ending in `/`): child prefixes (ending in `/`) and objects; in bytewise order. Unfinished objects never appear. */
  list(prefix: string): AsyncIterable<ListedName>;

  /** Every object below `prefix`, at any depth, in bytewise order of keys. */
  listAll(prefix: string): AsyncIterable<ListedObject>;

  /** Removes objects; those already gone are no error. */
  remove(keys: readonly string[]): Promise<void>;

  /** Writes below `prefix`, at any depth, that were begun and neither committed nor aborted: those under way, and those of dead workers. */
  listUnfinished(prefix: string): AsyncIterable<UnfinishedWrite>;

  /** Throws away what such a write has stored; one that is gone is no error. Its writer, if it lives, can only fail afterwards. */
  discardUnfinished(write: UnfinishedWrite): Promise<void>;

  /** Releases connections. */
  close(): Promise<void>;
}

export interface CreateOptions {
  /** Expected size when known roughly: sets multipart sizes. */
  readonly estimateBytes?: number;
  readonly signal: AbortSignal;
  /** Called with the bytes taken so far. */
  readonly onProgress?: (bytes: number) => void;
}

export interface CopyOptions {
  readonly signal: AbortSignal;
  /** Called with the bytes copied so far. */
  readonly onProgress?: (bytes: number) => void;
}

export interface UnfinishedWrite {
  /** The prefix that its object would lie in, ending in `/`; '' for the root. */
  readonly under: string;
  /** The storage's own name for it. */
  readonly token: string;
  /** When it was begun, or written to last, whatever the storage knows. */
  readonly startedAtMs: number;
}

export interface ObjectWriter {
  /**
   * Where the bytes go: a file descriptor that a child process may write to itself (no copy through JavaScript), or a
   * stream to pipe into. Whoever writes ends it (closes the child, or ends the stream) before `commit`.
   */
  readonly sink: { readonly fd: number } | { readonly stream: Writable };
  /** Makes the object visible. Call only when every process that fed it is known to have ended well. */
  commit(): Promise<{ readonly sizeBytes: number; readonly sha256: string }>;
  /**
   * For whoever fed the sink and failed: the failure, when the destination is its cause (a child that meets a full disk only
   * says so in its own words). The object can only be aborted afterwards.
   */
  explainFailure(): Promise<HoldfastError | undefined>;
  /** Throws the bytes away. Safe after a failed commit, twice, and without effect after a commit that ended well. */
  abort(): Promise<void>;
}

export interface ListedName {
  readonly name: string;
  readonly kind: 'prefix' | 'object';
  readonly sizeBytes?: number;
}

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}
