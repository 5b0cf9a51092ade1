import { join } from 'node:path';
import { detachedEntry } from '../../core/entries/detached-entry.js';
import { Sample } from '../../core/verify/drill-sample.js';
import { comparePaths } from '../../core/entries/entry.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { PlanDrillInput } from '../contract.js';
import { livingEntries, openPoint } from '../restore/living-entries.js';
import { openMirrorPoint } from '../restore/open-mirror-point.js';
import { scanTarget } from '../restore/target-scan.js';
import { withRepository } from '../verify/with-repository.js';
import type { SampledFile } from './drill-files.js';

/** Takes what was drawn, in index order, batch by batch. */
export type DrawnFiles = (batch: readonly SampledFile[]) => Promise<void>;

export interface Drawn {
  readonly backupId: string;
  /** Room that the restore needs besides the files themselves. */
  readonly workBytes: number;
}

const TICK_MS = 2_000;

/** Draws files of a point: regular files that the backup can give as they were. */
export function drawFiles(
  providers: Providers,
  control: ActivityControl,
  input: PlanDrillInput,
  directory: string,
  take: DrawnFiles,
): Promise<Drawn> {
  return input.source.engine === 'archive'
    ? drawFromArchive(providers, control, input, directory, take)
    : drawFromMirror(providers, control, input, directory, take);
}

async function drawFromArchive(
  providers: Providers,
  control: ActivityControl,
  input: PlanDrillInput,
  directory: string,
  take: DrawnFiles,
): Promise<Drawn> {
  const { host, source, point: request } = input;
  return withRepository(providers, input, async (storage) => {
    const of = { host: host.name, source: source.name };
    const point = await openPoint(storage, of, request, directory, control.signal);
    const scannedAtMs = point.chain.map(({ scannedAt }) => Date.parse(scannedAt));
    const files = async function* (): AsyncGenerator<readonly SampledFile[]> {
      for await (const batch of livingEntries(point, control.signal)) {
        yield batch.flatMap(({ entry, place, flaw, older }) => {
          if (entry.type !== 'f' || place === undefined || flaw !== undefined || older === true) return [];
          // A write in the same tick of the clock as the scan leaves no trace: such a file is compared with the index only.
          const doubtful = Number(entry.ctime) * 1000 >= (scannedAtMs[place.backup] ?? 0) - TICK_MS;
          return [{ entry, doubtful }];
        });
      }
    };
    await draw(input, files(), take);
    const shards = point.chain.flatMap((link) => link.shards.map(({ sizeBytes }) => sizeBytes));
    const fetched = storage.filePath === undefined ? 2 * Math.max(0, ...shards) : 0;
    return { backupId: point.chain.at(-1)?.id ?? '', workBytes: fetched };
  });
}

async function drawFromMirror(
  providers: Providers,
  control: ActivityControl,
  input: PlanDrillInput,
  directory: string,
  take: DrawnFiles,
): Promise<Drawn> {
  const { host, source, point: request } = input;
  const point = await openMirrorPoint(providers, control, { host, source }, { point: request, unfinished: false });
  const found = await scanTarget(providers.localRunner, control, point.tree, [], join(directory, 'mirror'));
  const files = async function* (): AsyncGenerator<readonly SampledFile[]> {
    for await (const batch of found) {
      yield batch.flatMap((entry) => (entry.type === 'f' ? [{ entry, doubtful: false }] : []));
    }
  };
  await draw(input, files(), take);
  return { backupId: point.backupId, workBytes: 0 };
}

async function draw(
  { sample, seed }: PlanDrillInput,
  files: AsyncIterable<readonly SampledFile[]>,
  take: DrawnFiles,
): Promise<void> {
  if (sample === 'all') {
    for await (const batch of files) await take(batch);
    return;
  }
  const limits = { items: sample.files, bytes: sample.bytes };
  const drawn = new Sample<SampledFile>(limits, ({ entry }) => entry.sizeBytes, seed);
  for await (const batch of files) for (const file of batch) drawn.offer(file, keepable);
  await take(drawn.taken().sort((a, b) => comparePaths(a.entry.path, b.entry.path)));
}

const keepable = ({ entry, doubtful }: SampledFile): SampledFile => ({ doubtful, entry: detachedEntry(entry) });
