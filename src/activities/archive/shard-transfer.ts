import { fstatSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { CompressorCounts } from '../../core/tar-byte-counts.js';
import { saidLine } from '../../core/scan-script.js';
import { zstdCounts } from '../../core/tar-byte-counts.js';
import { TarReport } from '../../core/tar-outcome.js';
import { tarScript, zstdOptions } from '../../core/tar-script.js';
import type { ObjectWriter } from '../../providers/storage/object-storage.js';
import type { Providers } from '../activity-control.js';
import type { ArchivePlan } from '../contract.js';
import { allEnded } from './all-ended.js';
import { startZstd } from './local-zstd.js';
import type { ShardMembers } from './shard-members.js';
import type { ShardEvidence } from './shard-verdict.js';

export interface ShardTransfer {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly plan: ArchivePlan;
  readonly shard: number;
  readonly members: ShardMembers;
}

/** Moves one shard from the host into `writer`, and tells what each part of the way said about it. */
export async function transferShard(
  providers: Providers,
  transfer: ShardTransfer,
  writer: ObjectWriter,
  outerSignal: AbortSignal,
): Promise<ShardEvidence> {
  const { host, source, plan, members } = transfer;
  // One part's failure must end the others, or they would wait for ever.
  const stop = new AbortController();
  const signal = AbortSignal.any([outerSignal, stop.signal]);
  const watched = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      stop.abort();
      throw error;
    });

  const report = new TarReport(members.names);
  const sink = new CountingSink(writer);
  const compressOn = plan.compressOn;
  const script = providers.runnerFor(host).start({
    what: `archive shard ${transfer.shard + 1} of ${source.path}`,
    body: tarScript({
      path: source.path,
      tarOptions: plan.tarOptions,
      compressOn,
      compressionLevel: source.archive.compressionLevel,
      parallelShards: source.archive.parallelShards,
    }),
    list: members.list,
    stdout: compressOn === 'host' && sink.fd !== undefined ? { fd: sink.fd } : 'pipe',
    signal,
    timeoutMs: source.timeoutMs,
    onStderrLine: (line) => {
      const said = saidLine(line);
      if (said !== undefined) report.take(said);
    },
  });
  const work: Promise<unknown>[] = [watched(script.finished)];
  let said: Promise<readonly string[]> | undefined;
  if (compressOn === 'host') {
    if (script.stdout) work.push(watched(sink.take(script.stdout)));
  } else {
    const options = zstdOptions(source.archive.compressionLevel, source.archive.parallelShards);
    const zstd = startZstd(options, { stdin: 'pipe', stdout: sink.fd ?? 'pipe' }, signal);
    said = zstd.ended;
    work.push(watched(pipeline(script.stdout as Readable, zstd.child.stdin as Writable)), watched(zstd.ended));
    if (zstd.child.stdout) work.push(watched(sink.take(zstd.child.stdout)));
  }
  await allEnded(work);
  const compressed = compressOn === 'host' ? report.compressed : countsIn((await said) ?? []);
  return { result: await script.finished, report, compressOn, compressed, arrivedBytes: sink.bytes() };
}

function countsIn(lines: readonly string[]): CompressorCounts | undefined {
  return lines.map(zstdCounts).find((counts) => counts !== undefined);
}

/** A writer's sink, and how many bytes it got. */
class CountingSink {
  readonly fd: number | undefined;
  readonly #stream: Writable | undefined;
  #counted = 0;

  constructor({ sink }: ObjectWriter) {
    this.fd = 'fd' in sink ? sink.fd : undefined;
    this.#stream = 'stream' in sink ? sink.stream : undefined;
  }

  async take(from: Readable): Promise<void> {
    from.on('data', (chunk: Buffer) => {
      this.#counted += chunk.byteLength;
    });
    await pipeline(from, this.#stream as Writable);
  }

  bytes(): number {
    return this.fd === undefined ? this.#counted : fstatSync(this.fd).size;
  }
}
