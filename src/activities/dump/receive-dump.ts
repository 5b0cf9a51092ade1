import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DumpTask } from '../../core/dump/dump.js';
import { dumpCommand } from '../../core/dump/commands.js';
import { endsProblem, isRedisMark, REDIS_MARK_BYTES, remarksIn } from '../../core/dump/outcome.js';
import { dumpScript } from '../../core/dump/script.js';
import type { StoredExtent } from '../../core/extents/map.js';
import { MAX_EXTENTS } from '../../core/extents/layout.js';
import { zstdCounts } from '../../core/archive/tar-byte-counts.js';
import type { ScriptResult } from '../../providers/remote/script-runner.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { Stages } from '../archive/stages.js';
import { startZstd } from '../archive/local-zstd.js';
import { DumpContent, withoutTrailer } from './dump-content.js';
import type { DumpDone } from './dump-records.js';
import { DUMP_ENVIRONMENT, dumpOf, DumpSession, passwordOf } from './dump-session.js';
import type { DumpTarget } from './store-extent.js';
import { storeExtent } from './store-extent.js';

/** For the way here only: what is stored is compressed anew, piece by piece, as the source asks for. */
const ZSTD_ON_HOST = ['-1', '-c', '-vv', '--no-progress'];
const REMARKS = 5;

/**
 * Runs a dump on its host and stores what it prints, extent by extent. It resolves only when the program is known to have ended well, all that it wrote
 * has come, and the end of it says that it is the end. `onStored` is told of each extent as soon as there is one, also of those of a dump that fails.
 */
export async function receiveDump(
  providers: Providers,
  control: ActivityControl,
  task: DumpTask,
  target: DumpTarget,
  onStored: (extent: StoredExtent) => void,
): Promise<DumpDone> {
  const { input, record, limits } = target;
  const dump = dumpOf(input);
  const password = await passwordOf(providers, dump);
  const session = new DumpSession(input, `the dump of ${task.fileName}`, password);
  const packsOnHost = record.compressOn === 'host';
  const startedAtSeconds = Math.floor(Date.now() / 1000);

  const stages = new Stages(control.signal);
  const { signal, watch } = stages;
  const script = providers.runnerFor(input.host).start({
    what: `dump ${task.fileName}`,
    body: dumpScript({
      command: dumpCommand(dump, task.part, password !== undefined),
      ...(password === undefined ? {} : { password }),
      ...(dump.runAs === undefined ? {} : { runAs: dump.runAs }),
      ...(packsOnHost ? { zstd: ZSTD_ON_HOST } : {}),
    }),
    environment: DUMP_ENVIRONMENT,
    stdout: 'pipe',
    signal,
    timeoutMs: input.source.timeoutMs,
    onStderrLine: session.take,
  });
  void watch(script.finished);
  const arrived = { bytes: 0 };
  let flow = script.stdout as Readable;
  flow.on('data', (chunk: Buffer) => {
    arrived.bytes += chunk.byteLength;
  });
  if (limits?.host) {
    const held = limits.host();
    void watch(pipeline(flow, held));
    flow = held;
  }
  if (packsOnHost) {
    const zstd = startZstd(['-d', '-q', '-c'], { stdin: 'pipe', stdout: 'pipe' }, signal);
    void watch(zstd.ended);
    void watch(pipeline(flow, zstd.child.stdin as Writable));
    flow = zstd.child.stdout as Readable;
  }
  const isRedis = dump.type === 'redis';
  const counted = countedBytes(flow);
  const content = new DumpContent(
    isRedis ? withoutTrailer(counted.chunks, REDIS_MARK_BYTES, isRedisMark) : counted.chunks,
  );
  const extents: StoredExtent[] = [];
  const storing = async (): Promise<void> => {
    while (!(await content.atEnd())) {
      if (extents.length >= 2 * MAX_EXTENTS) {
        throw session.failed(
          'DumpFailed',
          `it has more than ${2 * MAX_EXTENTS} extents of ${record.extentSizeBytes} bytes`,
        );
      }
      control.progress({ step: 'transfer', dump: task.number + 1, extent: extents.length + 1 });
      const stored = await storeExtent(content, extents.length, target, control, signal);
      extents.push(stored);
      onStored(stored);
    }
  };
  // What nobody reads any more would keep the stage before it open.
  const last = flow;
  void watch(storing().finally(() => last.destroy()));
  const command = dumpCommand(dump, task.part, password !== undefined);
  const assertProgram = (result: ScriptResult): void => {
    if (command.before !== undefined) session.assertEnded(result, 'copy', 'said');
    session.assertEnded(result, 'dump', 'said');
  };
  await stages.allEnded().catch(async (error: unknown) => {
    // Where the program came to its end, its own words say more than what that did to the stages behind it.
    const ended = await script.finished.catch(() => undefined);
    if (ended !== undefined) assertProgram(ended);
    throw error;
  });

  const result = await script.finished;
  assertProgram(result);
  if (packsOnHost) assertPacked(session, result, arrived.bytes, counted.bytes());
  if (result.stages['report'] !== 0 || result.status !== 0) {
    throw session.failed('RemoteCommandFailed', `the script ended with status ${result.status}`);
  }
  const said = session.said('said');
  const problem = endsProblem(dump, task.part, content.head, content.tail);
  if (problem !== undefined) {
    throw session.failed(
      'DumpFailed',
      `the program ended well, but its output is no whole dump: ${[problem, ...said.slice(-REMARKS)].join(' | ')}`,
    );
  }
  if (dump.type === 'mongodb' && task.part.kind === 'database' && !said.some((line) => line.includes('done dumping'))) {
    throw session.failed('DatabaseNotFound', 'nothing was dumped: the database has no collection, or is not there');
  }
  const remarks = remarksIn(dump.type, said).slice(-REMARKS);
  return { number: task.number, sizeBytes: content.bytes, mtime: `${startedAtSeconds}.000000000`, extents, remarks };
}

function assertPacked(session: DumpSession, result: ScriptResult, arrived: number, unpacked: number): void {
  const status = result.stages['zstd'];
  if (status !== 0) {
    throw session.failed('TransferInterrupted', `zstd on the host ended with status ${status ?? 'unknown'}`);
  }
  const counts = session
    .said('zstd')
    .map(zstdCounts)
    .find((one) => one !== undefined);
  // zstd has no counts for nothing.
  if (counts === undefined && unpacked === 0) return;
  if (counts?.bytesIn === unpacked && counts.bytesOut === arrived) return;
  const there = `zstd on the host read ${counts?.bytesIn} bytes and wrote ${counts?.bytesOut}`;
  throw session.failed('TransferInterrupted', `${there}; ${arrived} came, which are ${unpacked}`);
}

function countedBytes(flow: Readable): { readonly chunks: AsyncIterable<Buffer>; readonly bytes: () => number } {
  let bytes = 0;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of flow as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      yield chunk;
    }
  };
  return { chunks: chunks(), bytes: () => bytes };
}
