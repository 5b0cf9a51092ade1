import { pipeline } from 'node:stream/promises';
import { isCompressed, isEncrypted } from '../../core/archive/manifest-keys.js';
import { ANY_WINDOW } from '../../core/archive/tar-script.js';
import { stage } from '../../core/pipeline-stage.js';
import { comparePaths } from '../../core/entries/entry.js';
import type { RunningScript, ScriptResult, ScriptRunner } from '../../providers/remote/script-runner.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { type OpenedObject, openObject, type StoredFile } from '../archive/open-object.js';
import { nulList } from './name-lists.js';
import { marked } from './run-script.js';
import type { TargetMachine } from './target-machine.js';

export interface UnpackJob {
  readonly what: string;
  /** Its bytes are known to be right. */
  readonly object: StoredFile;
  /** Byte strings; these members and no others leave the archive. */
  readonly names: readonly string[];
  /** POSIX sh, run in the target directory before tar starts and after it has ended well; may use environment. */
  readonly before?: string;
  readonly after?: string;
  /** Relative to the target, text; default: the target itself. */
  readonly into?: string;
  /** Give existing directories the attributes of the archive's. */
  readonly overwrite?: boolean;
}

/** Where an archive's bytes go and who unpacks them. */
export interface UnpackPlace {
  readonly providers: Providers;
  readonly runner: ScriptRunner;
  readonly target: TargetMachine;
}

/**
 * Unpacks the named members of one archive into the target. The list is what keeps an archive made by a hostile host in bounds: only names that were
 * checked leave it. Resolves with the stages' statuses and what tar said.
 */
export async function unpack(place: UnpackPlace, control: ActivityControl, job: UnpackJob): Promise<ScriptResult> {
  const { runner, target } = place;
  const onThisMachine = runner === place.providers.localRunner;
  // A file here that only has to be decompressed is read by whoever unpacks it; everything else is sent.
  const direct = onThisMachine && !isEncrypted(job.object.name);
  const compressed = isCompressed(job.object.name);
  const unpackThere = compressed && (onThisMachine || target.tools.includes('zstd'));
  const reader = unpackThere ? stage('zstd', ['zstd', '-q', '-d', '-c', ANY_WINDOW]) : stage('read', ['cat']);
  const source = direct ? `${reader} <"$HOLDFAST_OBJECT" |` : unpackThere ? `${reader} |` : '';
  const { encryption } = place.providers;
  const opened = direct ? undefined : openObject(encryption, job.object, { decompress: !unpackThere }, control.signal);
  const running = runner.start({
    what: job.what,
    body: marked(bodyOf(job, source, tarWords(target, job))),
    // In the archive's order, tar looks at each member once instead of searching the whole list for it.
    list: nulList([...job.names].sort(comparePaths).map((name) => (name === '' ? '.' : name))),
    stdout: 'pipe',
    environment: { HOLDFAST_TARGET: target.path, ...(direct ? { HOLDFAST_OBJECT: job.object.file } : {}) },
    signal: control.signal,
    ...(direct ? {} : { stdin: 'pipe' as const }),
  });
  running.stdout?.resume();
  if (opened) await feed(opened, running);
  return running.finished;
}

function bodyOf(job: UnpackJob, source: string, words: readonly string[]): string {
  const tar = stage('tar', words);
  return [
    'cd -- "$HOLDFAST_TARGET" || exit 1',
    ...(job.before === undefined ? [] : [job.before]),
    // tar may leave an archive's padding unread; then zstd would be cut off, and its word on the whole stream would be missing.
    `( ${job.into === undefined ? '' : `cd -- ${job.into} && `}${source} { ${tar} --files-from="$HOLDFAST_LIST"; ended=$?; cat >/dev/null; exit "$ended"; } ) || exit 1`,
    ...(job.after === undefined ? [] : [job.after]),
  ].join('\n');
}

/** The positional options stand before --files-from: they count for what comes after them. */
function tarWords(target: TargetMachine, { overwrite }: UnpackJob): string[] {
  return [
    'tar',
    '--extract',
    '--file=-',
    '--quoting-style=escape',
    '--warning=no-timestamp',
    '--null',
    '--verbatim-files-from',
    '--no-recursion',
    '--no-wildcards',
    '--anchored',
    '--same-order',
    '--delay-directory-restore',
    '--preserve-permissions',
    '--numeric-owner',
    target.root ? '--same-owner' : '--no-same-owner',
    ...target.tarOptions,
    ...(target.tarOptions.includes('--xattrs') ? [`--xattrs-include=${target.root ? '*' : 'user.*'}`] : []),
    ...(overwrite ? ['--overwrite'] : []),
  ];
}

/** Sends an object's content. Its own failure comes before what the cut stream makes of the script. */
async function feed(opened: OpenedObject, running: RunningScript): Promise<void> {
  try {
    await pour(opened.stdout, running);
  } catch (error) {
    opened.stop();
    throw error;
  }
  await opened.ended.catch(async (error: unknown) => {
    await running.finished;
    throw error;
  });
}

/** A pipe that breaks because the script ended is told, with its reason, by the script's own end. */
export async function pour(bytes: AsyncIterable<unknown>, running: RunningScript): Promise<void> {
  try {
    if (running.stdin) await pipeline(bytes, running.stdin);
  } catch (error) {
    await running.finished;
    throw error;
  }
}
