/** What `rsync --version` says of the rsync here. */
export interface RsyncVersion {
  readonly text: string;
  /** 3.2.4 and later protect names from the host's shell without being asked. */
  readonly protectsArguments: boolean;
  /** Older ones cannot compare times to the nanosecond (--modify-window=-1, 3.1.3). */
  readonly newEnough: boolean;
}

/** Undefined when it does not look like rsync, as openrsync. */
export function parseRsyncVersion(output: string): RsyncVersion | undefined {
  const match = /^rsync\s+version v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(output);
  if (!match) return undefined;
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  const number = major * 1_000_000 + minor * 1_000 + patch;
  return {
    text: `${major}.${minor}.${patch}`,
    protectsArguments: number >= 3_002_004,
    newEnough: number >= 3_001_003,
  };
}
