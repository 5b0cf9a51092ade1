import type { FailurePlace, HoldfastError } from '../../core/failures.js';
import type { ScriptJob } from './script-runner.js';
import type { ConnectionShare } from './ssh-connections.js';

/** Where and how a session runs; ssh and this machine differ in nothing else. */
export interface Machine {
  /** For messages: the host's name, or `this machine`. */
  readonly label: string;
  readonly place: FailurePlace;
  /**
   * The program that starts the wrapper, which it reads as the first `scriptBytes` of standard input; `socket`: over the connection that is
   * shared there.
   */
  command(scriptBytes: number, socket?: string): readonly [program: string, ...words: string[]];
  /** A connection for the job to share. Undefined: it makes its own. */
  share?(job: ScriptJob): ConnectionShare | undefined;
  /** Why the wrapper never began. */
  explain(exit: ChildExit, stderrLines: readonly string[]): HoldfastError;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}
