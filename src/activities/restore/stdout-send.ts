import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { bytesOf, textOf } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import { stage } from '../../core/pipeline-stage.js';
import { tarWords } from '../../core/archive/tar-script.js';
import type { ScriptResult } from '../../providers/remote/script-runner.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { SendRestoredInput, SendRestoredResult } from '../contract.js';
import { marked, saidBy } from './run-script.js';
import { lookAtTarget } from './target-machine.js';

/**
 * Sends what was restored and compared to the command that waits for it: a tar, or the one file asked for. Throws OutputClosed when nobody
 * takes it, RestoreIncomplete when not all could be read; the command must not call what it got complete before this has returned.
 */
export async function sendRestored(
  providers: Providers,
  control: ActivityControl,
  { path, socket, file }: SendRestoredInput,
): Promise<SendRestoredResult> {
  const opened = file === undefined ? undefined : await openRegular(path, file);
  if (opened !== undefined) {
    const sent = await pour(opened.createReadStream({ highWaterMark: 1 << 20 }), socket, control);
    return { content: 'file', ...sent };
  }
  const { tarOptions } = await lookAtTarget(providers.localRunner, control, path, ['gnu-tar', 'find']);
  const running = providers.localRunner.start({
    what: `make a tar of ${path}`,
    body: marked(tarBody(tarOptions)),
    stdout: 'pipe',
    environment: { HOLDFAST_TARGET: path },
    signal: control.signal,
  });
  const ended = running.finished.then(assertWhole);
  ended.catch(() => undefined);
  const sent = await pour(running.stdout as Readable, socket, control).catch(async (error: unknown) => {
    // What the programs say comes first, unless it is the reader that left.
    if (!(error instanceof HoldfastError && error.type === 'OutputClosed')) await ended;
    throw error;
  });
  await ended;
  return { content: 'tar', ...sent };
}

/** The file, if that is what stands there; a symbolic link is not followed. */
async function openRegular(scratch: string, file: string): Promise<FileHandle | undefined> {
  const path = Buffer.concat([Buffer.from(`${scratch}/`), bytesOf(file)]);
  const status = await lstat(path).catch(() => undefined);
  return status?.isFile() ? open(path, constants.O_RDONLY | constants.O_NOFOLLOW) : undefined;
}

/**
 * Members have the names and options that they have in a backup's shards. The source's own directory is no member: unpacking must not change the
 * directory that somebody unpacks into.
 */
function tarBody(tarOptions: readonly string[]): string {
  const find = stage('find', ['find', '.', '-mindepth', '1', '-printf', '%P\\0']);
  const sort = stage('sort', ['sort', '-z']);
  // tar's own record size: an extracting tar stops at the end marker and leaves the records behind it unread, which looks like a reader that left.
  const tar = stage('tar', ['tar', ...tarWords(tarOptions), '--blocking-factor=20']);
  return `cd -- "$HOLDFAST_TARGET" || exit 1\n${find} | ${sort} | ${tar} --files-from=-`;
}

const TOTALS = /^Total bytes written: /;

function assertWhole(result: ScriptResult): void {
  const { find, sort, tar } = result.stages;
  const said = saidBy(result).filter((line) => !TOTALS.test(line));
  if (result.status === 0 && find === 0 && sort === 0 && tar === 0 && said.length === 0) return;
  const why = said.slice(0, 5).map(textOf).join('; ') || `find ${find}, sort ${sort}, tar ${tar}`;
  throw new HoldfastError('RestoreIncomplete', `not all that was restored could be sent: ${why}`);
}

async function pour(
  from: Readable,
  path: string,
  control: ActivityControl,
): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
      control.progress({ sentBytes: sizeBytes });
      done(null, chunk);
    },
  });
  const socket = await connected(path).catch((error: unknown) => {
    from.destroy();
    throw error;
  });
  try {
    const taken = acknowledged(socket);
    await pipeline(from, counter, socket, { signal: control.signal, end: false });
    socket.end();
    await taken;
  } catch (error) {
    if (control.signal.aborted || !isClosedPipe(error)) throw error;
    throw new HoldfastError('OutputClosed', `the reader took ${sizeBytes} bytes and left`, {}, { cause: error });
  }
  socket.destroy();
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** The command answers with a byte when all has reached its reader; its end without one says that the reader has left. */
function acknowledged(socket: Socket): Promise<void> {
  const taken = new Promise<void>((resolve, reject) => {
    socket.once('data', () => resolve());
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ERR_STREAM_PREMATURE_CLOSE' })));
  });
  taken.catch(() => undefined);
  return taken;
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.off('error', refused);
      resolve(socket);
    });
    const refused = (error: Error): void => {
      const message = `the command that asked for it no longer listens: ${error.message}`;
      reject(new HoldfastError('OutputClosed', message, {}, { cause: error }));
    };
    socket.once('error', refused);
  });
}

const isClosedPipe = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(String(error.code));
