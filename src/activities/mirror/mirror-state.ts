import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import { syncFolder, writeDurably } from './durable-write.js';
import { type MirrorPaths, mirrorPaths, STATE_FOLDER } from './mirror-paths.js';
import { type MirrorState, mirrorStateSchema } from './mirror-state-schema.js';

export type { CommittedMirror, MirrorState } from './mirror-state-schema.js';

/**
 * What is known of a mirror: never written (`absent`), known, or a state file that cannot be read as one (`unreadable`), which
 * counts as half finished.
 */
export type MirrorStateReading =
  | { readonly kind: 'absent' }
  | { readonly kind: 'known'; readonly state: MirrorState }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Reads the state beside one mirror. Throws only when the file cannot be read for reasons of its own, such as permissions. */
export async function readMirrorState(paths: MirrorPaths): Promise<MirrorStateReading> {
  const text = await readTextIfThere(paths.stateFile);
  if (text === undefined) return { kind: 'absent' };
  return parseMirrorState(text, paths.stateFile);
}

export interface ListedMirror {
  readonly host: string;
  /** Undefined when the state is unreadable, and with it the source's name. */
  readonly source?: string;
  readonly stateFile: string;
  readonly reading: MirrorStateReading;
}

/** The state of every mirror below a destination's directory, by host and state file; none when the directory is missing. */
export async function listMirrorStates(base: string): Promise<ListedMirror[]> {
  const listed: ListedMirror[] = [];
  for (const host of await folderNames(base)) {
    const folder = join(base, host, STATE_FOLDER);
    for (const name of await folderNames(folder)) {
      if (!name.endsWith('.json')) continue;
      const stateFile = join(folder, name);
      const text = await readTextIfThere(stateFile);
      if (text === undefined) continue;
      const reading = parseMirrorState(text, stateFile);
      if (reading.kind !== 'known') listed.push({ host, stateFile, reading });
      else if (isOwnState(base, host, stateFile, reading.state))
        listed.push({ host, source: reading.state.source, stateFile, reading });
      else
        listed.push({ host, stateFile, reading: { kind: 'unreadable', reason: `${stateFile} is of another mirror` } });
    }
  }
  return listed;
}

/** Atomic and durable. */
export async function writeMirrorState(paths: MirrorPaths, state: MirrorState): Promise<void> {
  await writeDurably(paths.stateFile, `${JSON.stringify(mirrorStateSchema.parse(state), null, 2)}\n`);
}

/** Back to `absent`. */
export async function removeMirrorState(paths: MirrorPaths): Promise<void> {
  await rm(paths.stateFile, { force: true });
  await syncFolder(paths.stateFolder);
}

function parseMirrorState(text: string, stateFile: string): MirrorStateReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'unreadable', reason: `${stateFile} is not JSON` };
  }
  const parsed = mirrorStateSchema.safeParse(value);
  if (parsed.success) return { kind: 'known', state: parsed.data };
  const [issue] = parsed.error.issues;
  return { kind: 'unreadable', reason: `${stateFile}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
}

/** A state file copied from elsewhere must not speak for a mirror that is not its own. */
function isOwnState(base: string, host: string, stateFile: string, state: MirrorState): boolean {
  try {
    return state.host === host && mirrorPaths(base, state.host, state.source).stateFile === stateFile;
  } catch (error) {
    if (error instanceof HoldfastError) return false;
    throw error;
  }
}

async function folderNames(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return [];
    throw error;
  }
}

async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
