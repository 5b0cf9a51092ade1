import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { detached } from '../../core/entries/byte-records.js';
import type { ChangeTotals } from '../../core/archive/change-list.js';
import { ChangeList } from '../../core/archive/change-list.js';
import { isLargeFile } from '../../core/extents/layout.js';
import type { FileTest } from '../../core/filters/entry-filters.js';
import type { PathFilter } from '../../core/filters/filters.js';
import { encodeIndexLine } from '../../core/archive/index-codec.js';
import type { LinkGroup } from '../../core/archive/merge-hard-links.js';
import { mergeIndexes } from '../../core/archive/merge-index.js';
import { leaveOut, pairScan } from '../../core/archive/merge-scan.js';
import type { Ground } from './choose-level.js';
import { readIndexLines } from './read-index.js';
import { SEPARATE_FROM_BYTES, type StoreTypes } from '../../core/archive/store-types.js';
import { readRecords } from './read-records.js';
import type { HostScan } from './scan-host.js';

export interface Changes {
  /** Index lines on this machine, in order, without shards; hard-linked names stand in `groups` instead. */
  readonly linesFile: string;
  readonly groups: readonly LinkGroup[];
  readonly totals: ChangeTotals;
  /** Files that go to shards of their own since they are not worth compressing; undefined when there are too few of them. */
  readonly separate?: StoreTypes;
  /** By path: of changed files that are stored as extents the version before, when it was stored so too. */
  readonly largeBefore: ReadonlyMap<string, LargeBefore>;
}

/** A file stored as extents: the chain's backup that stored it, by place, and its number there. */
export interface LargeBefore {
  readonly level: number;
  readonly large: number;
}

/** Compares a scan with what the chain knows, in constant memory but for hard-linked names. */
export async function listChanges(
  scan: HostScan,
  ground: Ground,
  filter: PathFilter,
  directory: string,
  signal: AbortSignal,
  largeFileSizeBytes?: number,
  isLeftOut?: FileTest,
  storeTypes?: StoreTypes,
): Promise<Changes> {
  const complaints = scan.complaints.filter(({ path }) => !filter.excludes(path, true));
  const scanTimes = ground.links.map((link) => Date.parse(link.scannedAt));
  const list = new ChangeList(scanTimes, complaints, largeFileSizeBytes, storeTypes);
  const largeBefore = new Map<string, LargeBefore>();
  const living = mergeIndexes(ground.indexes.map((index) => readIndexLines(index, signal)));
  const linesFile = join(directory, 'changes');
  const file = await open(linesFile, 'wx', 0o600);
  try {
    for await (const found of pairScan(readRecords(scan.recordsFile, filter), living)) {
      signal.throwIfAborted();
      const pairs = isLeftOut === undefined ? found : leaveOut(found, isLeftOut);
      for (const { entry, known } of pairs) {
        const before = known?.shard === undefined ? known?.stale : known;
        if (entry === undefined || before?.large === undefined || !isLargeFile(entry, largeFileSizeBytes)) continue;
        largeBefore.set(detached(entry.path), { level: before.level, large: before.large });
      }
      const lines = list.take(pairs).map((line) => `${encodeIndexLine(line)}\n`);
      if (lines.length > 0) await file.appendFile(Buffer.from(lines.join(''), 'latin1'));
    }
  } finally {
    await file.close();
  }
  const groups = list.finish();
  const totals = list.totals();
  const separate = totals.storeTypeBytes < SEPARATE_FROM_BYTES ? undefined : storeTypes;
  return { linesFile, groups, totals, largeBefore, ...(separate === undefined ? {} : { separate }) };
}
