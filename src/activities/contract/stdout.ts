/** Activities that give what was restored to a command's standard output: types only. All run on the machine where the command runs. */
import type { RunIdentity } from '../contract.js';

export interface OpenScratchInput {
  readonly run: RunIdentity;
}
export interface ScratchPlace {
  /** An empty private directory of this machine. */
  readonly path: string;
}
export interface SendRestoredInput extends ScratchPlace {
  /** Unix socket that the command listens on. */
  readonly socket: string;
  /** Send the bytes of this one, if it is a regular file, instead of a tar. Relative to the source; a byte string. */
  readonly file?: string;
}
export interface SendRestoredResult {
  readonly content: 'tar' | 'file';
  readonly sizeBytes: number;
  /** Lower-case hex SHA-256 of what was sent. */
  readonly sha256: string;
}

export interface StdoutActivities {
  openScratch(input: OpenScratchInput): Promise<ScratchPlace>;
  /** Not to be repeated: bytes that were sent cannot be taken back. */
  sendRestored(input: SendRestoredInput): Promise<SendRestoredResult>;
  closeScratch(input: ScratchPlace): Promise<void>;
}
