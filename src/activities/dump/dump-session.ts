import { textOf } from '../../core/entries/entry.js';
import type { DumpPlan } from '../../core/dump/dump.js';
import { failureTypeOf } from '../../core/dump/outcome.js';
import { saidBy } from '../../core/dump/script.js';
import { evidenceLines } from '../../core/errors/evidence.js';
import type { FailurePlace, FailureType } from '../../core/failures.js';
import { HoldfastError } from '../../core/failures.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import { readFacts, TOOL_MISSING } from '../../core/scan/script.js';
import type { ScriptResult } from '../../providers/remote/script-runner.js';
import type { Providers } from '../activity-control.js';

/** A source that is a dump, on its host. */
export interface DumpSubject {
  readonly host: HostPlan;
  readonly source: SourcePlan;
}

export function dumpOf({ host, source }: DumpSubject): DumpPlan {
  if (source.dump !== undefined) return source.dump;
  throw new HoldfastError('InternalError', 'this source is no dump', { host: host.name, source: source.name });
}

export const placeOf = ({ host, source }: DumpSubject): Required<FailurePlace> => ({
  host: host.name,
  source: source.name,
});

/** Read when it is needed, and forgotten with the step. Throws SecretUnavailable. */
export const passwordOf = (providers: Providers, { password }: DumpPlan): Promise<string | undefined> =>
  password === undefined ? Promise.resolve(undefined) : providers.readSecret(password);

/** libpq waits for ever otherwise. */
export const DUMP_ENVIRONMENT = { PGCONNECT_TIMEOUT: '15' } as const;

const LINES_SHOWN = 5;

/** What a session's programs said, and what their ends mean. */
export class DumpSession {
  readonly #lines: string[] = [];

  constructor(
    private readonly subject: DumpSubject,
    /** For messages, for instance `the dump of app`. */
    private readonly what: string,
    private readonly password: string | undefined,
  ) {}

  /** For `onStderrLine`. */
  readonly take = (line: string): void => {
    // The reports have a limit of their own; login shells have none.
    if (this.#lines.length < 10_000) this.#lines.push(line);
  };

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Without empty lines, and without the password, should a program repeat it. */
  said(by: 'list' | 'said' | 'zstd'): string[] {
    const lines = this.#lines.flatMap((line) => saidBy(by, line) ?? []);
    return lines.filter((line) => line !== '').map((line) => textOf(this.#withoutPassword(line)));
  }

  /** Throws unless the stage is known to have ended well; a program's own words tell which failure it is. */
  assertEnded(result: ScriptResult, stage: 'list' | 'copy' | 'dump', by: 'list' | 'said'): void {
    this.assertTools(result);
    const status = result.stages[stage];
    if (status === 0) return;
    if (status === undefined) throw this.failed('TransferInterrupted', 'the program never reported its end');
    const said = this.said(by);
    const last = said.slice(-LINES_SHOWN);
    const words = last.join(' | ') || 'it said nothing';
    if (status > 128)
      throw this.failed('DumpFailed', `the program was killed by signal ${status - 128}: ${words}`, last);
    const type = failureTypeOf(dumpOf(this.subject).type, said);
    throw this.failed(type, `the program ended with status ${status}: ${words}`, last);
  }

  /** Throws ToolMissing when the host lacks a program. */
  assertTools(result: ScriptResult): void {
    if (result.status !== TOOL_MISSING) return;
    throw this.failed('ToolMissing', `the host has no ${readFacts(this.#lines).missing ?? 'tool that a dump needs'}`);
  }

  /** The answer of a server; redis-cli ends well also when that is a refusal. */
  notUnderstood(output: string): HoldfastError {
    const said = [...this.said('list'), ...output.split('\n', LINES_SHOWN)].map((line) => this.#withoutPassword(line));
    const words = said.join(' | ').slice(0, 500);
    return this.failed(failureTypeOf(dumpOf(this.subject).type, said), `its answer was ${JSON.stringify(words)}`);
  }

  /** @param said the program's own words, if the reason quotes any */
  failed(type: FailureType, reason: string, said: readonly string[] = []): HoldfastError {
    const message = `${this.subject.host.name}: ${this.what} failed: ${reason}`;
    return new HoldfastError(type, message, placeOf(this.subject), { evidence: { lines: evidenceLines(said) } });
  }

  #withoutPassword(line: string): string {
    const { password } = this;
    if (password === undefined) return line;
    return line.replaceAll(Buffer.from(password, 'utf8').toString('latin1'), '***');
  }
}
