import { join } from 'node:path';
import { type Entry, textOf } from '../../core/entries/entry.js';
import { isHoldfastError } from '../../core/failures.js';
import { readPathOf } from '../../core/plan.js';
import { FindingList } from '../../core/verify/findings.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { ProveDrillInput, ProveDrillResult } from '../contract.js';
import { isStill } from '../verify/content-files.js';
import { type HashedFile, hashFiles } from '../verify/hash-files.js';
import { DRILL_FILES, readSample, type SampledFile } from './drill-files.js';
import { writeProof } from './proof-records.js';

/** Hashed at a time, here and on the host. */
const AT_ONCE = 2_000;

/**
 * Compares each restored file with the source's current content where the source still has it as it was backed up, and with the index otherwise; then
 * records the proof. A host that cannot be asked makes it a proof by index.
 */
export async function proveDrill(
  providers: Providers,
  control: ActivityControl,
  input: ProveDrillInput,
): Promise<ProveDrillResult> {
  const comparison = new DrillComparison(providers, control, input);
  for await (const batch of inPieces(readSample(input.plan.scratch))) await comparison.compare(batch);
  const result = comparison.result();
  const good = result.differing.count === 0 && input.report !== undefined && input.report.status !== 'failed';
  return { ...result, notes: [...result.notes, ...(await record(providers, input, result, good))] };
}

class DrillComparison {
  #files = 0;
  #bytes = 0;
  #comparedWithSource = 0;
  #changedSince = 0;
  #hostAnswers = true;
  readonly #notes: string[] = [];
  readonly #differing = new FindingList();

  constructor(
    private readonly providers: Providers,
    private readonly control: ActivityControl,
    private readonly input: ProveDrillInput,
  ) {}

  /** Times and attributes were compared with the index by the restore. */
  async compare(files: readonly SampledFile[]): Promise<void> {
    const { providers, control, input } = this;
    const names = files.map(({ entry }) => entry.path);
    const restored = join(input.plan.scratch, DRILL_FILES.target);
    const here = await hashFiles(providers.localRunner, restored, names, control.signal);
    const there = await this.#onHost(files);
    for (const { entry, doubtful } of files) {
      const copy = here.get(entry.path);
      const original = there.get(entry.path);
      this.#files += 1;
      this.#bytes += entry.sizeBytes;
      if (copy === undefined) this.#differing.add(`${textOf(entry.path)}: was not restored`);
      else if (copy.sizeBytes !== entry.sizeBytes)
        this.#differing.add(`${textOf(entry.path)}: has ${copy.sizeBytes} bytes, not ${entry.sizeBytes}`);
      else if (original === undefined || doubtful || !this.#isStill(entry, original)) this.#changedSince += 1;
      else this.#compareContent(entry, copy, original);
    }
    control.progress({ files: this.#files, bytes: this.#bytes });
  }

  result(): ProveDrillResult {
    const changed = this.#changedSince > 0 && this.#hostAnswers && this.input.source.dump === undefined;
    return {
      proof: this.#comparedWithSource > 0 ? 'source' : 'index',
      files: this.#files,
      bytes: this.#bytes,
      comparedWithSource: this.#comparedWithSource,
      differing: this.#differing.findings(),
      notes: [
        ...this.#notes,
        ...(changed
          ? [`Compared with the index only, as the source has changed since: ${this.#changedSince} files.`]
          : []),
      ],
    };
  }

  #compareContent(entry: Entry, copy: HashedFile, original: HashedFile): void {
    this.#comparedWithSource += 1;
    if (copy.sha256 !== original.sha256) this.#differing.add(`${textOf(entry.path)}: its content is not the source’s`);
  }

  /** A mirror knows size and time only. */
  #isStill(entry: Entry, original: HashedFile): boolean {
    if (this.input.source.engine === 'archive') return isStill(entry, original);
    return original.sizeBytes === entry.sizeBytes && original.mtime === entry.mtime;
  }

  async #onHost(files: readonly SampledFile[]): Promise<Map<string, HashedFile>> {
    const { host, source } = this.input;
    // Of a dump the host has no file to compare with.
    if (!this.#hostAnswers || source.dump !== undefined) return new Map();
    const names = files.filter(({ doubtful }) => !doubtful).map(({ entry }) => entry.path);
    try {
      return await hashFiles(this.providers.runnerFor(host), readPathOf(source), names, this.control.signal);
    } catch (error) {
      if (this.control.signal.aborted || !isHoldfastError(error)) throw error;
      this.#hostAnswers = false;
      this.#notes.push(`Compared with the index only, as the host could not be asked: ${error.message}`);
      return new Map();
    }
  }
}

async function* inPieces(batches: AsyncIterable<readonly SampledFile[]>): AsyncGenerator<readonly SampledFile[]> {
  let piece: SampledFile[] = [];
  for await (const batch of batches) {
    for (const file of batch) {
      piece.push(file);
      if (piece.length < AT_ONCE) continue;
      yield piece;
      piece = [];
    }
  }
  if (piece.length > 0) yield piece;
}

/** The proof counts also when the destination takes no record of it; then that is said. */
async function record(
  providers: Providers,
  { host, source, plan, seed, complete, run }: ProveDrillInput,
  { proof, files, bytes, comparedWithSource }: ProveDrillResult,
  good: boolean,
): Promise<string[]> {
  const storage = await providers.openStorage(source.destination);
  try {
    await writeProof(storage, {
      kind: 'holdfast-proof',
      format: 1,
      host: host.name,
      source: source.name,
      backupId: plan.backupId,
      at: new Date().toISOString(),
      result: good ? 'ok' : 'failed',
      proof,
      files,
      bytes,
      comparedWithSource,
      complete,
      seed,
      run,
    });
    return [];
  } catch (error) {
    if (!isHoldfastError(error) || (error.type !== 'DestinationDenied' && error.type !== 'DestinationFull'))
      throw error;
    return [`The proof could not be recorded: ${error.message}`];
  } finally {
    await storage.close();
  }
}
