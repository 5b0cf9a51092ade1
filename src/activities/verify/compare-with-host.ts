import { isChanged } from '../../core/archive/change.js';
import { detached } from '../../core/entries/byte-records.js';
import { Sample } from '../../core/verify/drill-sample.js';
import { type Entry, textOf } from '../../core/entries/entry.js';
import { leftOutFiles } from '../../core/filters/entry-filters.js';
import { compileRules } from '../../core/filters/filters.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { type LivingEntry, mergeIndexes } from '../../core/archive/merge-index.js';
import { differencesBetween } from '../../core/restore/compare.js';
import { joinByPath } from '../../core/restore/join.js';
import { UnknownPaths } from '../../core/scan/complaints.js';
import { FindingList } from '../../core/verify/findings.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { archiveOptions } from '../archive/archive-filter.js';
import { readIndexLines } from '../archive/read-index.js';
import { readRecords } from '../archive/read-records.js';
import { type HostScan, scanHost } from '../archive/scan-host.js';
import { withSpool } from '../archive/spool.js';
import type { CompareWithHostInput, CompareWithHostResult } from '../contract.js';
import { openPoint, type OpenPoint } from '../restore/living-entries.js';
import { compareContents } from './compare-contents.js';
import type { ContentFile } from './content-files.js';
import { withRepository } from './with-repository.js';

const SAMPLE_BYTES = 1024 ** 3;
/** What a person reads of each kind. */
const TOLD = 50;

/**
 * Compares a source's newest backup with the host as it is now: what has changed since is no fault; another content under the same size and times is.
 * Throws BackupNotFound, ChainBroken, ObjectDamaged and what a scan throws.
 */
export async function compareWithHost(
  providers: Providers,
  control: ActivityControl,
  input: CompareWithHostInput,
): Promise<CompareWithHostResult> {
  const { host, source } = input;
  const of = { host: host.name, source: source.name };
  return withRepository(providers, input, (storage) =>
    withSpool(providers, async (directory) => {
      const point = await openPoint(storage, of, { latest: true }, directory, control.signal);
      control.progress({ step: 'scan' });
      const options = await archiveOptions(source, of);
      const scan = await scanHost(providers, host, source, directory, control.signal, options);
      const isLeftOut = leftOutFiles(options.filters ?? {}, scan.scannedAtMs);
      const found = readRecords(scan.recordsFile, compileRules(options.exclude), isLeftOut);
      const comparison = new HostComparison(point.chain, input, scan);
      await joinByPath(
        { batches: living(point, control.signal), pathOf: ({ entry }) => entry.path },
        { batches: found, pathOf: ({ path }) => path },
        (_path, known, entry) => comparison.see(known, entry),
      );
      control.progress({ step: 'contents' });
      const content = await compareContents(
        { storage, chain: point.chain, runner: providers.runnerFor(host), host, source, directory },
        control,
        comparison.sample(),
      );
      return { ...comparison.result(), content };
    }),
  );
}

const living = (point: OpenPoint, signal: AbortSignal): AsyncGenerator<readonly LivingEntry[]> =>
  mergeIndexes(point.indexes.map((index) => readIndexLines(index, signal)));

class HostComparison {
  #entries = 0;
  #unchanged = 0;
  readonly #changed = new FindingList();
  readonly #created = new FindingList();
  readonly #deleted = new FindingList();
  readonly #sample: Sample<ContentFile>;
  readonly #scannedAtMs: readonly number[];
  readonly #unknown: UnknownPaths;
  readonly #backupId: string;

  constructor(chain: readonly Manifest[], { files, seed }: CompareWithHostInput, scan: HostScan) {
    const limits = files === 0 ? { items: Infinity, bytes: Infinity } : { items: files, bytes: SAMPLE_BYTES };
    this.#sample = new Sample(limits, ({ entry }) => entry.sizeBytes, seed);
    this.#scannedAtMs = chain.map(({ scannedAt }) => Date.parse(scannedAt));
    this.#unknown = new UnknownPaths(
      scan.complaints.filter(({ kind }) => kind === 'unreadable').map(({ path }) => path),
    );
    this.#backupId = chain.at(-1)?.id ?? '';
  }

  see(known: LivingEntry | undefined, entry: Entry | undefined): void {
    if (entry === undefined) {
      if (known !== undefined && !this.#unknown.covers(known.entry.path)) this.#deleted.add(nameOf(known.entry.path));
      return;
    }
    this.#entries += 1;
    if (known === undefined) this.#created.add(nameOf(entry.path));
    else if (isChanged(entry, known, this.#scannedAtMs[known.level] ?? 0))
      this.#changed.add(changeText(known.entry, entry));
    else this.#same(known);
  }

  sample(): ContentFile[] {
    return this.#sample.taken();
  }

  result(): Omit<CompareWithHostResult, 'content'> {
    return {
      backupId: this.#backupId,
      entries: this.#entries,
      unchanged: this.#unchanged,
      changed: this.#changed.findings(TOLD),
      created: this.#created.findings(TOLD),
      deleted: this.#deleted.findings(TOLD),
    };
  }

  #same({ entry, level, shard, large }: LivingEntry): void {
    this.#unchanged += 1;
    if (entry.type !== 'f' || shard === undefined) return;
    this.#sample.offer({ entry, level, shard, ...(large === undefined ? {} : { large }) }, keepable);
  }
}

const keepable = ({ entry, ...place }: ContentFile): ContentFile => ({
  ...place,
  entry: {
    ...entry,
    path: detached(entry.path),
    mtime: detached(entry.mtime),
    ctime: detached(entry.ctime),
    inode: detached(entry.inode),
  },
});

function changeText(before: Entry, now: Entry): string {
  const differences = differencesBetween(before, now, { owners: true }).map(({ text }) => text);
  return `${nameOf(now.path)}: ${differences.length > 0 ? differences.join(', ') : 'was touched, or changed just as it was backed up'}`;
}

const nameOf = (path: string): string => (path === '' ? '.' : textOf(path));
