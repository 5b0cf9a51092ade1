import type { ListedSnapshot, ListedSnapshots } from '../activities/contract.js';
import { EXIT } from '../core/statuses.js';
import type { CliContext } from './cli-context.js';
import { failureLines } from './cli-context.js';
import { ageText, bytesText, statusWord, table } from './output.js';

/** What a person sees of snapshots, mirror by mirror; a mirror with many comes in several parts. */
export interface SnapshotsView {
  show(source: ListedSnapshots): void;
  /** Says what it all adds up to; the exit code. */
  end(): number;
}

/** What all of them tell: problems and failures. */
export abstract class View implements SnapshotsView {
  protected failures = 0;
  protected problems = 0;
  constructor(protected readonly context: CliContext) {}

  show(source: ListedSnapshots): void {
    this.tell(source);
    const { failure, problems } = source;
    if (failure !== undefined) {
      this.failures += 1;
      this.context.printJson({ message_type: 'failure', ...failure });
      for (const line of failureLines(failure)) this.context.note(line);
    }
    for (const problem of problems) {
      this.problems += 1;
      const { host, source: name } = source;
      this.context.printJson({ message_type: 'problem', host, source: name, ...problem });
      this.context.note(`${host}:${name}: ${problem.path}: ${problem.message}`);
    }
  }

  end(): number {
    const exitCode = this.failures > 0 ? EXIT.failed : this.problems > 0 ? EXIT.warnings : EXIT.ok;
    this.context.printJson({ message_type: 'summary', ...this.sum(), exit_code: exitCode });
    return exitCode;
  }

  protected abstract tell(source: ListedSnapshots): void;
  /** Prints it, and gives it for JSON. */
  protected abstract sum(): object;
}

/** The snapshots that there are. */
export class ListView extends View {
  readonly #rows: string[][] = [];
  readonly #nowMs = Date.now();

  protected tell({ snapshots }: ListedSnapshots): void {
    for (const snapshot of snapshots) {
      this.context.printJson({ message_type: 'snapshot', ...snapshot });
      const { host, source, name, kind, madeAt, status, method, entries, sourceBytes } = snapshot;
      this.#rows.push([
        host,
        source,
        name,
        kind,
        `${madeAt.slice(0, 16).replace('T', ' ')}Z`,
        ageText(this.#nowMs - Date.parse(madeAt)),
        statusWord(status),
        method,
        entries.toLocaleString('en'),
        bytesText(sourceBytes),
        remarkOf(snapshot),
      ]);
    }
  }

  protected sum(): object {
    const head = ['HOST', 'SOURCE', 'SNAPSHOT', 'KIND', 'MADE', 'AGE', 'STATUS', 'METHOD', 'ENTRIES', 'SIZE', 'REMARK'];
    if (this.#rows.length === 0) this.context.note('No snapshots.');
    else this.context.print(table(head, this.#rows));
    return { snapshots: this.#rows.length };
  }
}

function remarkOf({ pinned, inUse, problem }: ListedSnapshot): string {
  const remarks = [
    ...(problem === undefined ? [] : [problem]),
    ...(pinned === undefined ? [] : [`pinned${pinned.reason === undefined ? '' : `: ${pinned.reason}`}`]),
    ...(inUse ? ['a restore reads it'] : []),
  ];
  return remarks.join('; ');
}
