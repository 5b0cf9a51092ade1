import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import { batchesOf } from './name-lists.js';
import { runWhole } from './run-script.js';
import { assertTargetStep } from './target-failures.js';
import type { TargetMachine } from './target-machine.js';

/** Where changes are made: all names are relative to the target and were checked. */
export interface TargetChanges {
  readonly runner: ScriptRunner;
  readonly target: TargetMachine;
  readonly signal: AbortSignal;
}

/** The target itself is private until the end; directories above it are made as the login's umask says. */
export async function makeTarget(changes: TargetChanges): Promise<void> {
  const body = `
[ -d "$HOLDFAST_TARGET" ] && exit 0
parent=$(dirname -- "$HOLDFAST_TARGET" && printf x) || exit 1
( umask "$HOLDFAST_UMASK" && mkdir -p -- "\${parent%?x}" ) && mkdir -- "$HOLDFAST_TARGET"`;
  await change(changes, `make ${changes.target.path}`, body);
}

/** Removes everything but directories; what is gone already is no error. Symbolic links are removed, not followed. */
export async function removeFiles(changes: TargetChanges, names: readonly string[]): Promise<void> {
  await changeEach(changes, 'remove entries from', 'xargs -0 -r rm -f --', names);
}

/**
 * Removes directories in the order given, children first. With `may hold others` one that still has entries (which the backup leaves
 * out) stays.
 */
export async function removeDirectories(
  changes: TargetChanges,
  names: readonly string[],
  rest: 'must be empty' | 'may hold others',
): Promise<void> {
  const rmdir = rest === 'must be empty' ? 'rmdir --' : 'rmdir --ignore-fail-on-non-empty --';
  // What an earlier attempt removed is gone.
  const each = `xargs -0 -r sh -c 'for d do [ ! -d "$d" ] || [ -L "$d" ] || ${rmdir} "$d" || status=1; done; exit \${status:-0}' sh`;
  await changeEach(changes, 'remove directories from', each, names);
}

export async function makeDirectories(changes: TargetChanges, names: readonly string[]): Promise<void> {
  await changeEach(changes, 'make directories in', 'xargs -0 -r mkdir -p --', names);
}

async function changeEach(
  changes: TargetChanges,
  what: string,
  command: string,
  names: readonly string[],
): Promise<void> {
  const body = `cd -- "$HOLDFAST_TARGET" && ${command} <"$HOLDFAST_LIST"`;
  for (const list of batchesOf(names)) await change(changes, `${what} ${changes.target.path}`, body, list);
}

export async function change(changes: TargetChanges, what: string, body: string, list?: Uint8Array): Promise<Buffer> {
  const { runner, target, signal } = changes;
  const environment = { HOLDFAST_TARGET: target.path };
  const { output, result } = await runWhole(runner, {
    what,
    body,
    environment,
    signal,
    ...(list === undefined ? {} : { list }),
  });
  assertTargetStep(what, runner.machine, result);
  return output;
}
