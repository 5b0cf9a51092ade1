/** Where a host of the fleet stands: network namespaces of its own, or a port of 127.0.0.1. */
export interface Machine {
  /** Where clients find its sshd. */
  readonly address: string;
  readonly port: number;
  /** What sshd itself listens on. */
  readonly listen: { readonly address: string; readonly port: number };
  /** Where the host sees its own files. */
  readonly sourcePath: string;
  /** Starts sshd with this configuration and waits until it greets. */
  start(sshdConfig: string): Promise<void>;
  /** Like a power cut: sshd and all that runs on the host. */
  kill(): Promise<void>;
  /** Process ids on the host, but for sshd that listens. */
  processes(): Promise<number[]>;
  /** Undefined: as quick as it is. */
  limitTo(bytesPerSecond: number | undefined): Promise<void>;
  setDark(dark: boolean): Promise<void>;
  /** Bytes that the host has sent so far. */
  sentBytes(): Promise<number>;
}
