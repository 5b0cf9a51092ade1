import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { encodeIndexLine } from '../../core/archive/index-codec.js';
import type { ExpectedEntry } from '../../core/restore/verification.js';
import { plainLines } from '../archive/read-index.js';
import { LISTS } from './restore-spool.js';

/** The line of `expected.jsonl` for an entry: `shard` holds the backup, the flaw marks one that was changing while it was read. */
export const expectedLine = ({ entry, mayHaveChanged, backup }: ExpectedEntry): string =>
  encodeIndexLine({ deleted: false, entry, shard: backup, ...(mayHaveChanged ? { flaw: 'changed' as const } : {}) });

/** What must stand in the target after a restore, in index order. */
export async function* readExpected(spool: string): AsyncGenerator<readonly ExpectedEntry[]> {
  const file = join(spool, LISTS.expected);
  if (!existsSync(file)) return;
  for await (const lines of plainLines(file, 'index')) {
    yield lines.flatMap((line) =>
      line.deleted ? [] : [{ entry: line.entry, mayHaveChanged: line.flaw !== undefined, backup: line.shard ?? 0 }],
    );
  }
}
