import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import { rulesInForce, ruleBytes } from '../../core/filters/rules.js';
import { compileRules } from '../../core/filters/filters.js';
import { leftOutRules } from '../../core/filters/left-out-rules.js';
import { needsLeftOutList } from '../../core/filters/left-out-script.js';
import { readPathOf } from '../../core/plan.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { filterRules } from '../archive/archive-filter.js';
import type { RunIdentity } from '../contract.js';
import { lookForLeftOut } from './look-for-left-out.js';
import { type OpenMirror, withLeftOutFile } from './open-mirror.js';

/** rsync tries one rule after the other on each file: more make it too slow to be of use. */
const MAX_RULES = 20_000;

export interface LimitedMirror {
  readonly mirror: OpenMirror;
  /** How many files are left out for their size or age; 0 also when an earlier look is used. */
  readonly files: number;
}

/**
 * The mirror with rules for what filters that rsync does not know leave out, as found on the host. `as inspected` takes the list that this run's
 * `now` left on this machine, so that what is copied is what was looked at; where there is none the host is looked at. Throws ConfigInvalid for
 * filters that leave out too many entries one by one.
 */
export async function withLeftOut(
  providers: Providers,
  control: ActivityControl,
  mirror: OpenMirror,
  run: RunIdentity,
  when: 'now' | 'as inspected',
): Promise<LimitedMirror> {
  const { host, source, place, paths } = mirror;
  const exclude = await filterRules(source, place);
  const limits = { exclude, filters: source.filters ?? {} };
  if (!needsLeftOutList(limits)) return { mirror, files: 0 };
  const { cleared, rules } = rulesInForce(exclude);
  const prefix = `left-out-${shortHash(paths.mirror)}-`;
  const file = join(providers.spoolDirectory, prefix + shortHash(`${run.workflowId} ${run.runId}`));
  const limited = withLeftOutFile(mirror, { file, holdsRules: cleared });
  if (when === 'as inspected' && existsSync(file)) return { mirror: limited, files: 0 };

  const filter = compileRules(exclude);
  const leftOut = await lookForLeftOut(providers.runnerFor(host), control, {
    path: readPathOf(source),
    limits,
    place,
    filter,
  });
  const lines = leftOutRules(leftOut, filter);
  if (lines.length > MAX_RULES) {
    const message = `the filters leave out ${lines.length} entries one by one, a mirror can do so with ${MAX_RULES}: use exclude for whole directories, or the engine archive`;
    throw new HoldfastError('ConfigInvalid', message, place);
  }
  const all = [...lines, ...(cleared ? rules.map(ruleBytes) : [])];
  await writeList(providers.spoolDirectory, prefix, file, all);
  return { mirror: limited, files: leftOut.files.length };
}

/** Whole or not at all; lists of earlier runs go. */
async function writeList(directory: string, prefix: string, file: string, lines: readonly string[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(directory)) {
    if (name.startsWith(prefix)) await rm(join(directory, name), { force: true });
  }
  await writeFile(`${file}.new`, Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1'), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24);
