import type { ListedSnapshot, ListedSnapshots } from '../activities/contract.js';
import { parseBackupId } from '../core/ids.js';
import { snapshotName } from '../core/snapshots/names.js';
import type { CliContext } from './cli-context.js';
import { countText, statusWord, table } from './output.js';
import { View } from './snapshots-view.js';

/** What `create` would make. */
export class MakeView extends View {
  #made = 0;
  #last = '';
  /** Names that there are of the mirror that is being shown, whose parts come one after the other. */
  #pending: { readonly source: ListedSnapshots; readonly names: Set<string> } | undefined;

  constructor(
    context: CliContext,
    private readonly make: 'due' | readonly string[],
  ) {
    super(context);
  }

  protected tell(source: ListedSnapshots): void {
    const of = `${source.host}:${source.source}`;
    if (of !== this.#last) {
      this.#flush();
      this.#pending = { source, names: new Set() };
      this.#last = of;
    }
    for (const { name } of source.snapshots) this.#pending?.names.add(name);
  }

  #flush(): void {
    if (this.#pending === undefined) return;
    const { source, names } = this.#pending;
    const { host, backupId } = source;
    const kinds = this.make === 'due' ? source.due : this.make;
    const timeMs = backupId === undefined ? undefined : parseBackupId(backupId)?.timeMs;
    if (timeMs === undefined) {
      this.context.print(`${host}:${source.source}: none, since it has no finished backup now`);
      this.context.printJson({ message_type: 'preview', host, source: source.source, makes: [] });
      return;
    }
    const makes = kinds.map((kind) => snapshotName({ timeMs, kind })).filter((name) => !names.has(name));
    this.#made += makes.length;
    const there = kinds.length - makes.length;
    const text = makes.length === 0 ? (there > 0 ? 'none, it is there already' : 'none is due') : makes.join(', ');
    this.context.print(`${host}:${source.source}: ${text}`);
    this.context.printJson({ message_type: 'preview', host, source: source.source, backupId, makes });
  }

  protected sum(): object {
    this.#flush();
    this.context.print(`${countText(this.#made, 'snapshot')} would be made.`);
    return { dry_run: true, made: this.#made };
  }
}

/** What `prune` would remove, and what keeps the others. */
export class RemoveView extends View {
  #last = '';
  readonly #counts = { stays: 0, goes: 0 };
  readonly #unseen: Set<string>;

  constructor(
    context: CliContext,
    private readonly names: readonly string[],
  ) {
    super(context);
    this.#unseen = new Set(names);
  }

  protected tell({ host, source, snapshots }: ListedSnapshots): void {
    const judged = snapshots.map((snapshot) => ({ ...snapshot, ...this.#fateOf(snapshot) }));
    for (const snapshot of judged) {
      this.#unseen.delete(snapshot.name);
      this.#counts[snapshot.fate] += 1;
      this.context.printJson({ message_type: 'preview', ...snapshot });
    }
    if (judged.length === 0) return;
    if (this.#last !== `${host}:${source}`) this.context.print(`${host}:${source}`);
    this.#last = `${host}:${source}`;
    const rows = judged.map(({ name, status, fate, why }) => [`  ${name}`, statusWord(status), fate, why]);
    this.context.print(table(['  SNAPSHOT', 'STATUS', 'FATE', 'WHY'], rows));
  }

  #fateOf({ name, fate, why, shieldedBy }: ListedSnapshot): Pick<ListedSnapshot, 'fate' | 'why'> {
    if (this.names.length === 0) return { fate, why };
    if (!this.names.includes(name)) return { fate: 'stays', why: 'not named' };
    return shieldedBy.length === 0 ? { fate: 'goes', why: 'named' } : { fate: 'stays', why: shieldedBy.join(', ') };
  }

  protected sum(): object {
    const { stays, goes } = this.#counts;
    for (const name of this.#unseen) {
      this.failures += 1;
      this.context.note(`There is no snapshot ${name}; see \`holdfast snapshots list\`.`);
    }
    this.context.print(`${stays} stay, ${goes} would be removed.`);
    return { dry_run: true, stays, goes, unknown: [...this.#unseen] };
  }
}
