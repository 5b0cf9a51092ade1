import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A made-up server's tree: the same bytes on every machine for the same numbers. */
export interface DatasetSize {
  readonly files: number;
  readonly totalBytes: number;
}

/** What the README's figures are measured on: 22,000 files, 1.6 GB, about half of it compressible. */
export const STANDARD: DatasetSize = { files: 22_000, totalBytes: 1_600_000_000 };

/** mulberry32: small, fast, good enough to fill files. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const POOL_BYTES = 64 * 1024 * 1024;

function noise(random: () => number): Buffer {
  const pool = Buffer.allocUnsafe(POOL_BYTES);
  for (let offset = 0; offset < POOL_BYTES; offset += 4) pool.writeUInt32LE((random() * 4_294_967_296) >>> 0, offset);
  return pool;
}

function prose(random: () => number): Buffer {
  const words = Array.from({ length: 4000 }, () =>
    Array.from({ length: 2 + Math.floor(random() * 9) }, () =>
      String.fromCharCode(97 + Math.floor(random() * 26)),
    ).join(''),
  );
  const pool = Buffer.allocUnsafe(POOL_BYTES);
  for (let offset = 0; offset < POOL_BYTES; ) {
    offset += pool.write(`${words[Math.floor(random() ** 2 * words.length)]}${random() < 0.1 ? '\n' : ' '}`, offset);
  }
  return pool;
}

/** Sizes with a long tail, as on a server: most files are small, most bytes lie in large ones. */
function fileSizes(size: DatasetSize, random: () => number): number[] {
  const weights = Array.from({ length: size.files }, () =>
    Math.exp(2.2 * Math.sqrt(-2 * Math.log(random() || 1e-9)) * Math.cos(2 * Math.PI * random())),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => Math.round((weight / sum) * size.totalBytes));
}

export function writeDataset(directory: string, size: DatasetSize = STANDARD): void {
  const random = randomNumbers(20_261_121);
  const pools = [noise(random), prose(random)];
  fileSizes(size, random).forEach((bytes, number) => {
    const folder = join(directory, `d${Math.floor(number / 700)}`, `e${Math.floor(number / 35) % 20}`);
    mkdirSync(folder, { recursive: true });
    const pool = pools[number % 2] as Buffer;
    const chunks: Buffer[] = [];
    for (let left = bytes; left > 0; ) {
      const take = Math.min(left, 1_048_576);
      const start = Math.floor(random() * (POOL_BYTES - take));
      chunks.push(pool.subarray(start, start + take));
      left -= take;
    }
    writeFileSync(join(folder, `file-${number}.dat`), Buffer.concat(chunks));
  });
}
