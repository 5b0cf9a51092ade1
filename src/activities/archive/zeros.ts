import { createHash } from 'node:crypto';

const CHUNK = Buffer.alloc(1024 * 1024);
const known = new Map<number, string>();

/** SHA-256 of so many zeros. Few lengths occur: that of extents, and those of files' last ones. */
export function zerosSha256(lengthBytes: number): string {
  const found = known.get(lengthBytes);
  if (found !== undefined) return found;
  const hash = createHash('sha256');
  for (let left = lengthBytes; left > 0; left -= CHUNK.length)
    hash.update(CHUNK.subarray(0, Math.min(left, CHUNK.length)));
  const digest = hash.digest('hex');
  if (known.size >= 1_000) known.clear();
  known.set(lengthBytes, digest);
  return digest;
}
