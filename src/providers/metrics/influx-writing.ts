import { HttpError } from '@influxdata/influxdb-client';
import type { RefusedPoint } from './metrics-database.js';
import { wordsOf } from './influx-words.js';

/** A line, and the position of its point in what was to be written. */
export interface NumberedLine {
  readonly index: number;
  readonly text: string;
}

type Send = (lines: readonly string[]) => Promise<void>;

/** As one request takes them well; InfluxDB's own advice. */
const BATCH = 5_000;

/** In bytes. Who takes no line of that size takes none of our points: that is not the point's fault, and no reason to leave one after the other out. */
const NEVER_TOO_LARGE = 8_192;

/**
 * Writes the lines. A batch that is refused for what its points are, or for its size, is halved until the points that are to blame stand alone: all others
 * are written, some of them twice, which is the same. Any other error is thrown.
 */
export async function writeLines(lines: readonly NumberedLine[], send: Send): Promise<RefusedPoint[]> {
  const refused: RefusedPoint[][] = [];
  for (let start = 0; start < lines.length; start += BATCH)
    refused.push(await writeBatch(lines.slice(start, start + BATCH), send));
  return refused.flat();
}

async function writeBatch(batch: readonly NumberedLine[], send: Send): Promise<RefusedPoint[]> {
  const texts = batch.map(({ text }) => text);
  const reason = await refusalOf(texts, send);
  if (reason === undefined) return [];
  if (batch.length === 1 || droppedOf(reason) === batch.length) return batch.map(({ index }) => ({ index, reason }));
  const middle = batch.length >> 1;
  return [...(await writeBatch(batch.slice(0, middle), send)), ...(await writeBatch(batch.slice(middle), send))];
}

/** Why points were refused; undefined: they were written. */
async function refusalOf(texts: readonly string[], send: Send): Promise<string | undefined> {
  try {
    await send(texts);
    return undefined;
  } catch (error) {
    const reason = error instanceof HttpError ? blameOf(error, texts) : undefined;
    if (reason === undefined) throw error;
    return reason;
  }
}

/** Not every 400 is the points' fault: one that is not must not make points look refused for ever. */
function blameOf(error: HttpError, [first = '', ...others]: readonly string[]): string | undefined {
  const words = wordsOf(error);
  if (error.statusCode === 413) {
    const isSmall = others.length === 0 && Buffer.byteLength(first) <= NEVER_TOO_LARGE;
    return isSmall ? undefined : `too large for one request: ${words} (HTTP 413)`;
  }
  return (error.statusCode === 400 || error.statusCode === 422) && ABOUT_POINTS.test(words) ? words : undefined;
}

const ABOUT_POINTS = /partial write|unable to parse|field type conflict|max key length|time outside range/i;

/** How many points of the request were left out; told at the end only, since reasons quote points, and they may hold any text. */
const droppedOf = (reason: string): number | undefined => {
  const count = /partial write.* dropped=(\d+)(?: for database: \S+ for retention policy: \S+)?$/.exec(reason)?.[1];
  return count === undefined ? undefined : Number(count);
};
