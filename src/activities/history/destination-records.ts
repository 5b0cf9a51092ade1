import { statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { DestinationRecord, RunRecord } from '../../core/history/records.js';
import type { DestinationPlan, LocalDestination } from '../../core/plan.js';
import type { ActivityControl } from '../activity-control.js';

/** A network file system whose server is away does not answer at all. */
const ANSWERS_WITHIN_MS = 5_000;

/** How full the destinations are that this machine has, as of a run's end. One that is not there, or does not answer, is left out. */
export async function destinationRecords(
  control: ActivityControl,
  { runId, atMs }: RunRecord,
  destinations: readonly DestinationPlan[],
): Promise<DestinationRecord[]> {
  const records = await Promise.all(
    destinations
      .filter((destination) => destination.type === 'local')
      .map(async (destination): Promise<DestinationRecord[]> => {
        const room = await roomIn(destination, control);
        const { name } = destination;
        return room === undefined
          ? []
          : [{ kind: 'destination', id: `destination/${runId}/${name}`, atMs, destination: name, ...room }];
      }),
  );
  return records.flat();
}

type Room = Pick<DestinationRecord, 'freeBytes' | 'totalBytes'>;

async function roomIn({ name, path }: LocalDestination, control: ActivityControl): Promise<Room | undefined> {
  const stop = new AbortController();
  try {
    return await Promise.race([askedOnce(path), tooLate(path, stop.signal)]);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Another machine's, or not made yet.
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      control.log('warn', 'how full a destination is could not be asked', { destination: name, message });
    return undefined;
  } finally {
    stop.abort();
  }
}

/** By path. Who does not answer holds one of the few threads that all files of this process are read by. */
const unanswered = new Map<string, Promise<Room>>();

function askedOnce(path: string): Promise<Room> {
  const asked = unanswered.get(path) ?? roomAt(path).finally(() => unanswered.delete(path));
  unanswered.set(path, asked);
  return asked;
}

/** Blocks that are kept for root are not free. */
async function roomAt(path: string): Promise<Room> {
  const { bavail, blocks, bsize } = await statfs(path);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

async function tooLate(path: string, signal: AbortSignal): Promise<never> {
  await delay(ANSWERS_WITHIN_MS, undefined, { signal });
  throw new Error(`${path} did not answer within ${ANSWERS_WITHIN_MS / 1000} seconds`);
}
