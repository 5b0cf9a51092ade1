import type { StoredObject } from '../archive/manifest.js';

/** One Activity reads at most so much. */
const BATCH_BYTES = 4 * 1024 ** 3;
const BATCH_OBJECTS = 64;

/** Place of a name on a circle of [0, 1): FNV-1a over its UTF-16 code units, spread by a last multiplication. */
function placeOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39) >>> 0;
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/**
 * Whether an object's turn has come in a round that reads so many percent. An object's place depends on its name alone, and rounds follow one
 * another around the circle: any ⌈100 / percent⌉ rounds in a row read everything.
 */
export function isDue(name: string, percent: number, round: number): boolean {
  if (percent >= 100) return true;
  if (percent <= 0) return false;
  const rounds = Math.ceil(100 / percent);
  const width = 1 / rounds;
  return Math.min(rounds - 1, Math.floor(placeOf(name) / width)) === round % rounds;
}

/** Cuts what is to be read into batches, in order; the same cut each time. */
export function batchesToRead<Stored extends StoredObject>(objects: readonly Stored[]): Stored[][] {
  const batches: Stored[][] = [];
  let bytes = 0;
  for (const object of objects) {
    const last = batches.at(-1);
    if (last === undefined || last.length >= BATCH_OBJECTS || bytes + object.sizeBytes > BATCH_BYTES) {
      batches.push([object]);
      bytes = object.sizeBytes;
    } else {
      last.push(object);
      bytes += object.sizeBytes;
    }
  }
  return batches;
}
