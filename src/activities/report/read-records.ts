import type { HistoryRecord } from '../../core/history/records.js';
import type { History, HistoryQuery } from '../../providers/catalog/history.js';

const BATCH = 2_000;

/**
 * All that history has, however much it is: batch after batch, newest first. Many records may bear the same time, and a batch end among them.
 *
 * @param batch of another size, for tests
 */
export async function readRecords(
  history: Pick<History, 'records'>,
  query: Omit<HistoryQuery, 'limit' | 'untilMs'> & { readonly untilMs: number },
  batch = BATCH,
): Promise<HistoryRecord[]> {
  const found = new Map<string, HistoryRecord>();
  for (let { untilMs } = query, limit = batch; ; ) {
    const records = await history.records({ ...query, untilMs, limit });
    for (const record of records) found.set(record.id, record);
    const oldest = records.at(-1);
    if (oldest === undefined || records.length < limit) return [...found.values()];
    const endMs = oldest.atMs + 1;
    // A whole batch of one time: only a larger one gets past it.
    limit = endMs < untilMs ? batch : limit * 2;
    untilMs = endMs;
  }
}
