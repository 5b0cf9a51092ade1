import type { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CompressorCounts } from '../../core/tar-byte-counts.js';
import { zstdCounts } from '../../core/tar-byte-counts.js';
import type { Seal } from '../../providers/encryption/encryption.js';
import type { ScriptJob, ScriptResult, ScriptRunner } from '../../providers/remote/script-runner.js';
import type { LimitedStep } from '../../providers/throttle/traffic.js';
import type { ObjectWriter } from '../../providers/storage/object-storage.js';
import { allEnded } from './all-ended.js';
import { CountingSink } from './counting-sink.js';
import { startZstd } from './local-zstd.js';

export interface Transfer {
  readonly runner: ScriptRunner;
  /** Its standard output is the object's content. */
  readonly job: Omit<ScriptJob, 'stdout' | 'stdin' | 'signal'>;
  /** zstd's options, when this machine compresses. They must make it print its counts (-vv). */
  readonly zstd?: readonly string[];
  /** Undefined: stored as it comes. */
  readonly seal?: Seal;
  /** Undefined: nothing is limited. */
  readonly limits?: LimitedStep;
}

/** What each stage of a transfer that came to its end says about it. Whether the content is right is the caller's to judge. */
export interface TransferEvidence {
  readonly result: ScriptResult;
  /** Counts of this machine's zstd; undefined when it had none to run, or did not say. */
  readonly compressed: CompressorCounts | undefined;
  /** Bytes of the content as it is stored, before encryption. */
  readonly contentBytes: number;
  /** Bytes that the destination's writer got. */
  readonly storedBytes: number;
}

/**
 * Moves what a script on a host prints into `writer`: host → zstd of this machine → age of this machine → destination, each where it is
 * wanted. With neither and a destination in files the script's connection writes to the file itself. Commits nothing.
 *
 * Throws what the stages throw (the script's own status is in `result`), and TransferInterrupted when age's output has not the size that
 * its input must have.
 */
export async function transferToObject(
  transfer: Transfer,
  writer: ObjectWriter,
  outerSignal: AbortSignal,
): Promise<TransferEvidence> {
  // One stage's failure must end the others, or they would wait for ever.
  const stop = new AbortController();
  const signal = AbortSignal.any([outerSignal, stop.signal]);
  const work: Promise<unknown>[] = [];
  const watch = (stage: Promise<unknown>): void => {
    work.push(
      stage.catch((error: unknown) => {
        stop.abort();
        throw error;
      }),
    );
  };
  const sink = new CountingSink(writer);
  const { limits } = transfer;
  // Only what passes through this process can be held up here.
  const lastTo = limits === undefined ? sink.fd : undefined;
  const direct = transfer.zstd === undefined && transfer.seal === undefined ? lastTo : undefined;
  const script = transfer.runner.start({
    ...transfer.job,
    stdout: direct === undefined ? 'pipe' : { fd: direct },
    signal,
  });
  watch(script.finished);

  let flow: Readable | null = script.stdout;
  const holdUp = (stage: Transform): Readable => {
    watch(pipeline(flow as Readable, stage));
    return stage;
  };
  if (limits?.host) flow = holdUp(limits.host());
  let zstdSaid: Promise<readonly string[]> | undefined;
  if (transfer.zstd !== undefined) {
    const zstd = startZstd(
      transfer.zstd,
      { stdin: 'pipe', stdout: transfer.seal ? 'pipe' : (lastTo ?? 'pipe') },
      signal,
    );
    zstdSaid = zstd.ended;
    watch(zstd.ended);
    watch(pipeline(flow as Readable, zstd.child.stdin as Writable));
    flow = zstd.child.stdout;
  }
  let sealed: { bytes: number } | undefined;
  if (transfer.seal !== undefined) {
    const age = transfer.seal.start(lastTo ?? 'pipe', signal);
    const counted = { bytes: 0 };
    sealed = counted;
    watch(age.ended);
    (flow as Readable).on('data', (chunk: Buffer) => {
      counted.bytes += chunk.byteLength;
    });
    watch(pipeline(flow as Readable, age.stdin));
    flow = age.stdout;
  }
  if (flow !== null && limits?.destination) flow = holdUp(limits.destination());
  if (flow !== null) watch(sink.take(flow));
  await allEnded(work);

  const storedBytes = sink.bytes();
  if (sealed) await sink.assertSealed(sealed.bytes, transfer.job.what);
  const compressed = (await zstdSaid)?.map(zstdCounts).find((counts) => counts !== undefined);
  return { result: await script.finished, compressed, contentBytes: sealed?.bytes ?? storedBytes, storedBytes };
}
