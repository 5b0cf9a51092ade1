/** A restore to a command's standard output. See messages.ts. */
export interface StdoutTarget {
  /** Where the command runs; a worker must run there too. */
  readonly machine: string;
  /** Unix socket that the command listens on. */
  readonly socket: string;
  /** Send the bytes of this one, if it is a regular file, instead of a tar. Relative to the source; a byte string. */
  readonly file?: string;
}
