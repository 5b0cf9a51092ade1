import type { Readable, Writable } from 'node:stream';

/** Encrypts to one fixed set of recipients. Only public keys are needed for it. */
export interface Seal {
  /**
   * Starts a process that encrypts its standard input; it is killed when `signal` fires.
   *
   * @param stdout `pipe`, or a file descriptor of this process to write to
   */
  start(stdout: 'pipe' | number, signal: AbortSignal): SealProcess;
  /** Encrypts a small object. */
  bytes(plain: Uint8Array): Promise<Buffer>;
}

export interface SealProcess {
  readonly stdin: Writable;
  /** With `pipe`. */
  readonly stdout: Readable | null;
  /** Rejects with ToolMissing, RecipientRefused, Cancelled or TransferInterrupted. */
  readonly ended: Promise<void>;
}

/** Private keys that may open an object: any one that fits does. Never logged, never in argv, never in a payload. */
export interface DataKey {
  /** Identity files of this machine, whose paths are no secret. */
  readonly files: readonly string[];
  /** Text of an age identity file or of an SSH private key. */
  readonly text?: string;
  /** For messages: `the worker's index key`, `the file /root/restore.key`. */
  readonly name: string;
}

export interface OpenProcess {
  /** What was encrypted. Not to be believed before `ended` has resolved: age gives out what it has checked piece by piece. */
  readonly stdout: Readable;
  /** Rejects with ToolMissing, WrongKey, ObjectDamaged or Cancelled. */
  readonly ended: Promise<void>;
}

/** Encryption with age, as processes of this machine. */
export interface Encryption {
  /**
   * How to encrypt to these recipients (`age1…`, `ssh-ed25519 …`, `ssh-rsa …`; `age1pq1…` where age knows them). Tries them once.
   * Throws ToolMissing, and RecipientRefused when this machine's age does not take one.
   */
  sealFor(recipients: readonly string[]): Promise<Seal>;
  /** Starts decrypting a file of this machine. */
  open(file: string, key: DataKey, signal: AbortSignal): OpenProcess;
  /** Decrypts a small object with key files of this machine. Throws ToolMissing, WrongKey or ObjectDamaged, naming `what`. */
  openBytes(bytes: Uint8Array, keyFiles: readonly string[], what: string): Promise<Buffer>;
}
