import type { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CompressorCounts } from '../../core/archive/tar-byte-counts.js';
import { zstdCounts } from '../../core/archive/tar-byte-counts.js';
import type { Seal } from '../../providers/encryption/encryption.js';
import type { CountingSink } from './counting-sink.js';
import { startZstd } from './local-zstd.js';

/** What becomes of bytes on their way into an object. */
export interface Packing {
  /** zstd's options, when this machine compresses. They must make it print its counts (-vv). */
  readonly zstd?: readonly string[];
  /** Undefined: stored as it comes. */
  readonly seal?: Seal;
  /** Holds the bytes up before they are stored. */
  readonly limit?: () => Transform;
}

/** What each stage says about it, once all of them have ended well. */
export interface PackedBytes {
  /** Counts of this machine's zstd; undefined when it had none to run, or did not say. */
  readonly compressed: CompressorCounts | undefined;
  /** Bytes of the content as it is stored, before encryption. */
  readonly contentBytes: number;
  /** Bytes that the destination's writer got. */
  readonly storedBytes: number;
}

/**
 * Starts the stages zstd → age → sink, each where it is wanted, and hands each one's end to `watch`.
 *
 * @param flow null: somebody else writes to the sink itself, and nothing is wanted
 * @returns what the stages say; to be called when all that was watched has ended well. Throws TransferInterrupted when age's output has not the size
 *   that its input must have.
 */
export function packFlow(
  flow: Readable | null,
  { zstd, seal, limit }: Packing,
  sink: CountingSink,
  signal: AbortSignal,
  watch: (stage: Promise<unknown>) => Promise<unknown>,
): (what: string) => Promise<PackedBytes> {
  // Only what passes through this process can be held up here.
  const lastTo = limit === undefined ? sink.fd : undefined;
  let zstdSaid: Promise<readonly string[]> | undefined;
  if (zstd !== undefined) {
    const started = startZstd(zstd, { stdin: 'pipe', stdout: seal ? 'pipe' : (lastTo ?? 'pipe') }, signal);
    zstdSaid = started.ended;
    void watch(started.ended);
    void watch(pipeline(flow as Readable, started.child.stdin as Writable));
    flow = started.child.stdout;
  }
  let sealed: { bytes: number } | undefined;
  if (seal !== undefined) {
    const age = seal.start(lastTo ?? 'pipe', signal);
    const counted = { bytes: 0 };
    sealed = counted;
    void watch(age.ended);
    (flow as Readable).on('data', (chunk: Buffer) => {
      counted.bytes += chunk.byteLength;
    });
    void watch(pipeline(flow as Readable, age.stdin));
    flow = age.stdout;
  }
  if (flow !== null && limit) {
    const stage = limit();
    void watch(pipeline(flow, stage));
    flow = stage;
  }
  if (flow !== null) void watch(sink.take(flow));
  return async (what) => {
    const storedBytes = sink.bytes();
    if (sealed) await sink.assertSealed(sealed.bytes, what);
    const compressed = (await zstdSaid)?.map(zstdCounts).find((counts) => counts !== undefined);
    return { compressed, contentBytes: sealed?.bytes ?? storedBytes, storedBytes };
  };
}
