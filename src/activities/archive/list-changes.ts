import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangeTotals } from '../../core/change-list.js';
import { ChangeList } from '../../core/change-list.js';
import type { PathFilter } from '../../core/filters.js';
import { encodeIndexLine } from '../../core/index-codec.js';
import type { LinkGroup } from '../../core/merge-hard-links.js';
import { mergeIndexes } from '../../core/merge-index.js';
import { pairScan } from '../../core/merge-scan.js';
import type { Ground } from './choose-level.js';
import { readIndexLines } from './read-index.js';
import { readRecords } from './read-records.js';
import type { HostScan } from './scan-host.js';

export interface Changes {
  /** Index lines on this machine, in order, without shards; hard-linked names stand in `groups` instead. */
  readonly linesFile: string;
  readonly groups: readonly LinkGroup[];
  readonly totals: ChangeTotals;
}

/** Compares a scan with what the chain knows, in constant memory but for hard-linked names. */
export async function listChanges(
  scan: HostScan,
  ground: Ground,
  filter: PathFilter,
  directory: string,
  signal: AbortSignal,
): Promise<Changes> {
  const complaints = scan.complaints.filter(({ path }) => !filter.excludes(path, true));
  const scanTimes = ground.links.map((link) => Date.parse(link.scannedAt));
  const list = new ChangeList(scanTimes, complaints);
  const living = mergeIndexes(ground.indexes.map((index) => readIndexLines(index, signal)));
  const linesFile = join(directory, 'changes');
  const file = await open(linesFile, 'wx', 0o600);
  try {
    for await (const pairs of pairScan(readRecords(scan.recordsFile, filter), living)) {
      signal.throwIfAborted();
      const lines = list.take(pairs).map((line) => `${encodeIndexLine(line)}\n`);
      if (lines.length > 0) await file.appendFile(Buffer.from(lines.join(''), 'latin1'));
    }
  } finally {
    await file.close();
  }
  const groups = list.finish();
  return { linesFile, groups, totals: list.totals() };
}
