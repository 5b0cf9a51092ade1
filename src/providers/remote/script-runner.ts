import type { Readable, Writable } from 'node:stream';

/**
 * Runs POSIX shell scripts on a machine: a host over OpenSSH, or this machine. Both speak the same protocol, so what is
 * proven for one holds for the other.
 *
 * The script's text and its list travel on standard input, never in argv: no login shell's quoting, no length limit,
 * nothing in process lists. The body runs under `sh` in a process group of its own with LC_ALL=C and umask 077; when
 * standard input ends before the body does (this process died, was cancelled, or the link broke) the whole group is
 * killed on that machine.
 */
export interface ScriptRunner {
  /** For messages: the host's name, or `this machine`. */
  readonly machine: string;
  start(job: ScriptJob): RunningScript;
}

export interface ScriptJob {
  /** For messages: what it does, for instance `scan /etc`. */
  readonly what: string;
  /**
   * POSIX sh as text (written as UTF-8; bytes that are not go into `list`). May use `$HOLDFAST_LIST` (path of a file
   * with `list`'s bytes) when `list` is given and `$HOLDFAST_SCRATCH` (an empty private directory, removed afterwards).
   * A pipeline's stages are written with `stage` (see core/pipeline-stage.ts), so that each one's status is reported.
   * The environment is empty but for HOME, USER, LOGNAME, SHELL, PATH (with the sbin directories), TMPDIR,
   * XDG_RUNTIME_DIR, LC_ALL=C, HOLDFAST_UMASK (the login's own umask) and `environment`.
   *
   * Processes that it leaves running keep the session open unless they let go of standard input, output, error and
   * descriptor 9.
   */
  readonly body: string;
  readonly list?: Uint8Array;
  /**
   * Bytes for the body's standard input, after the list: the group is then not killed by standard input's end, since
   * that is its normal end.
   */
  readonly stdin?: 'pipe';
  /** `pipe`: read `stdout`; a number: a file descriptor of this process that the body's standard output goes to. */
  readonly stdout: 'pipe' | { readonly fd: number };
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  /** The machine's key and our right to log in are checked anew, not taken from a connection that stands. */
  readonly newLogin?: boolean;
  /** Called with each line of standard error that is not the protocol's, as a byte string without its newline. */
  readonly onStderrLine?: (line: string) => void;
}

export interface RunningScript {
  /**
   * With `stdout: 'pipe'`. Must be read to its end, else the script never ends. It ends well only if the session did
   * (whatever the body's status), and fails with the error of `finished` otherwise.
   */
  readonly stdout: Readable | null;
  readonly stdin: Writable | null;
  /**
   * Resolves when all is over, whatever the body's status. Rejects with a HoldfastError when the machine could not be
   * reached or logged into (HostUnreachable, HostAuthFailed, HostKeyUnknown, HostKeyChanged, HostShellPrintsText), when
   * the session broke before the body's end was reported (TransferInterrupted), at the time limit (TimedOut), and with
   * Cancelled when `signal` fired.
   */
  readonly finished: Promise<ScriptResult>;
}

export interface ScriptResult {
  /** The body's own status. */
  readonly status: number;
  /** Status of each `stage` by its name. A stage that never reported is absent: treat that as failed. */
  readonly stages: Readonly<Record<string, number>>;
  /**
   * What the body and its stages wrote to standard error, without the protocol's lines: lines as byte strings, the last
   * 10,000.
   */
  readonly stderrLines: readonly string[];
  readonly stderrTruncated: boolean;
}
