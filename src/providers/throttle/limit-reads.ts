import { pipeline } from 'node:stream';
import type { DestinationPlan } from '../../core/plan.js';
import type { ObjectStorage } from '../storage/object-storage.js';
import type { Traffic } from './traffic.js';

const NEVER = new AbortController().signal;

/** The storage, whose objects are read no faster than the destination's limit; the storage itself where there is none. */
export function limitReads(storage: ObjectStorage, destination: DestinationPlan, traffic: Traffic): ObjectStorage {
  if (destination.bandwidthLimitBytesPerSecond === undefined) return storage;
  const read = storage.read.bind(storage);
  return Object.assign(storage, {
    read: async (key: string, signal: AbortSignal = NEVER) => {
      const bytes = await read(key, signal);
      const stage = traffic.limit({ destination, signal })?.destination?.();
      // A failure reaches the reader through the stage.
      return stage === undefined ? bytes : pipeline(bytes, stage, () => undefined);
    },
  });
}
