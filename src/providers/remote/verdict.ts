import { HoldfastError } from '../../core/failures.js';
import type { FailureType } from '../../core/failures.js';
import type { ChildExit, Machine } from './machine.js';
import type { ScriptResult } from './script-runner.js';
import type { Transcript } from './transcript.js';

export interface EndedSession {
  readonly exit: ChildExit;
  readonly transcript: Transcript;
  /** What was printed before the body's output. */
  readonly chatter: string;
  /** What became of the connection that it shared, as a clause. */
  readonly brokenBecause?: string;
}

/** A session's result, or the reason why it has none. */
export function judgeSession(machine: Machine, what: string, ended: EndedSession): ScriptResult {
  const { exit, transcript, chatter } = ended;
  if (!transcript.begun) throw neverBegan(machine, ended);
  if (chatter !== '') throw shellPrintsText(machine, chatter);
  if (transcript.trouble !== undefined) throw notRun(machine, what, transcript);
  // Status 0 says that the connection was closed in order: no output is missing.
  if (transcript.status === undefined || exit.code !== 0) throw interrupted(machine, what, ended);
  return {
    status: transcript.status,
    stages: transcript.stages,
    stderrLines: transcript.lines,
    stderrTruncated: transcript.truncated,
  };
}

export function shellPrintsText(machine: Machine, text?: string): HoldfastError {
  const example = text === undefined ? '' : `: ${JSON.stringify(text.slice(0, 200))}`;
  return error(machine, 'HostShellPrintsText', `its login shell prints text of its own${example}`);
}

export function cannotStart(machine: Machine, cause: NodeJS.ErrnoException): HoldfastError {
  const [program] = machine.command(0);
  if (cause.code === 'ENOENT') return error(machine, 'ToolMissing', `this machine has no ${program} on its PATH`);
  return error(machine, 'InternalError', `${program} could not be started: ${cause.message}`);
}

function neverBegan(machine: Machine, { exit, transcript, chatter, brokenBecause }: EndedSession): HoldfastError {
  // An account without a shell says so on standard output.
  const said = [...transcript.lines, ...chatter.split('\n').filter((line) => line.trim() !== '')];
  return machine.explain(exit, said.length === 0 && brokenBecause !== undefined ? [brokenBecause] : said);
}

function notRun(machine: Machine, what: string, { trouble, lines }: Transcript): HoldfastError {
  if (trouble?.kind === 'missing') {
    return error(machine, 'ToolMissing', `it has no ${trouble.what}, which is needed to ${what}`);
  }
  if (trouble?.what === 'scratch') {
    return error(machine, 'RemoteCommandFailed', `no temporary file could be made to ${what}${lastOf(lines)}`);
  }
  return error(machine, 'TransferInterrupted', `its list was cut off on the way, to ${what}${lastOf(lines)}`);
}

function interrupted(machine: Machine, what: string, ended: EndedSession): HoldfastError {
  const { exit, transcript, brokenBecause } = ended;
  const how = brokenBecause ?? (exit.signal === null ? `status ${exit.code}` : exit.signal);
  return error(machine, 'TransferInterrupted', `the session to ${what} broke off (${how})${lastOf(transcript.lines)}`);
}

const lastOf = (lines: readonly string[]): string => {
  const last = lines.findLast((line) => line.trim() !== '');
  return last === undefined ? '' : `: ${last.trim()}`;
};

function error(machine: Machine, type: FailureType, message: string): HoldfastError {
  return new HoldfastError(type, `${machine.label}: ${message}`, machine.place);
}
