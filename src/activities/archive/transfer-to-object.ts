import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Seal } from '../../providers/encryption/encryption.js';
import type { ScriptJob, ScriptResult, ScriptRunner } from '../../providers/remote/script-runner.js';
import type { LimitedStep } from '../../providers/throttle/traffic.js';
import type { ObjectWriter } from '../../providers/storage/object-storage.js';
import { Stages } from './stages.js';
import { CountingSink } from './counting-sink.js';
import type { PackedBytes } from './pack-flow.js';
import { packFlow } from './pack-flow.js';

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
export interface TransferEvidence extends PackedBytes {
  readonly result: ScriptResult;
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
  const stages = new Stages(outerSignal);
  const { signal, watch } = stages;
  const sink = new CountingSink(writer);
  const { limits, zstd, seal } = transfer;
  // Only what passes through this process can be held up here.
  const direct = zstd === undefined && seal === undefined && limits === undefined ? sink.fd : undefined;
  const script = transfer.runner.start({
    ...transfer.job,
    stdout: direct === undefined ? 'pipe' : { fd: direct },
    signal,
  });
  void watch(script.finished);

  let flow: Readable | null = script.stdout;
  if (limits?.host && flow !== null) {
    const held = limits.host();
    void watch(pipeline(flow, held));
    flow = held;
  }
  const packing = {
    ...(zstd === undefined ? {} : { zstd }),
    ...(seal === undefined ? {} : { seal }),
    ...(limits?.destination === undefined ? {} : { limit: limits.destination }),
  };
  const packed = packFlow(flow, packing, sink, signal, watch);
  await stages.allEnded();
  return { result: await script.finished, ...(await packed(transfer.job.what)) };
}
