import { pointsOf } from '../../core/metrics/points-of-record.js';
import type { History, WaitingRecord } from '../../providers/catalog/history.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { fromCatalog } from '../catalog/use-catalog.js';
import type { SendMetricsResult } from '../contract.js';
import type { ConfiguredDatabase } from './use-database.js';

const RECORDS_AT_ONCE = 500;
/** Then the Workflow hears what else was asked for. */
const AT_MOST_MS = 20_000;

/** Batch by batch, oldest first. A record of which the database refuses a point for what it is, is put aside with the reason; all others go on. */
export async function sendWaiting(
  providers: Providers,
  control: ActivityControl,
  { database, configuration }: ConfiguredDatabase,
): Promise<Omit<SendMetricsResult, 'configured'>> {
  const { path, settings } = configuration;
  const inHistory = <T>(work: (history: History) => Promise<T>): Promise<T> =>
    fromCatalog(providers, settings.catalog, ({ history }) => work(history));
  const until = Date.now() + AT_MOST_MS;
  let [sent, refused] = [0, 0];
  while (Date.now() < until) {
    control.signal.throwIfAborted();
    const waiting = await inHistory((history) => history.waiting(path, RECORDS_AT_ONCE));
    if (waiting.length === 0) break;
    const points = waiting.flatMap(({ record }, index) => pointsOf(record).map((point) => ({ point, index })));
    const answer = await database.write(
      points.map(({ point }) => point),
      control.signal,
    );
    const reasons = new Map(answer.map(({ index, reason }) => [points[index]?.index, reason]));
    await inHistory((history) => settle(history, waiting, reasons));
    if (reasons.size > 0) sayRefused(control, waiting, reasons);
    sent += waiting.length - reasons.size;
    refused += reasons.size;
    control.progress({ sent, refused });
  }
  return { sent, refused, left: await inHistory((history) => history.countWaiting(path)) };
}

/** By the position among those that waited. */
type Reasons = ReadonlyMap<number | undefined, string>;

async function settle(history: History, waiting: readonly WaitingRecord[], reasons: Reasons): Promise<void> {
  await history.sent(waiting.flatMap(({ seq }, index) => (reasons.has(index) ? [] : [seq])));
  for (const [index, { seq }] of waiting.entries()) {
    const reason = reasons.get(index);
    if (reason !== undefined) await history.refused(seq, reason);
  }
}

function sayRefused(control: ActivityControl, waiting: readonly WaitingRecord[], reasons: Reasons): void {
  const [[index = 0, reason] = []] = reasons;
  control.log('warn', 'the metrics database refused records for what they are; they are left out', {
    records: reasons.size,
    first: waiting[index]?.record.id,
    reason,
  });
}
