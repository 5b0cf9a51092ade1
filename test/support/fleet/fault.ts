/** What may be wrong with a host of the fleet. */
export const FAULTS = [
  /** Nothing listens: refused at once. */
  'down',
  /** Takes what is sent to it and never answers. */
  'dark',
  /** A thin line: about 1 MB/s. */
  'slow',
  /** Does not take our key. */
  'key-refused',
  /** Has another host key than the one that is known. */
  'host-key-changed',
  'host-key-unknown',
  /** Its copies go to a file system with room for 1 MiB. */
  'destination-full',
  'without-rsync',
  /** Its login shell greets. */
  'printing-shell',
  /** Killed with all that runs on it once it has sent some megabytes; up again a second later. */
  'dies',
] as const;

export type Fault = (typeof FAULTS)[number];

/** Only a host of its own network stack, or a file system of its own, can have these. */
export const NEEDS_ROOT: readonly Fault[] = ['destination-full'];

/** `dies` does so when it has sent so much: in the middle of `BIG_FILE_BYTES`. */
export const DIES_AFTER_BYTES = 3_000_000;
export const RETURNS_AFTER_MS = 1_000;
export const SLOW_BYTES_PER_SECOND = 1_000_000;
/** Quick, and yet slow enough that a host which dies surely does so in mid-transfer. */
export const DYING_BYTES_PER_SECOND = 8_000_000;
