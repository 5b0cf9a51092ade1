import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EntryFilters } from '../../core/filters/entry-filters.js';
import { compileRules } from '../../core/filters/filters.js';
import { protectingRules } from '../../core/filters/left-out-rules.js';
import { type AgesAt, needsLeftOutList } from '../../core/filters/left-out-script.js';
import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import type { ActivityControl } from '../activity-control.js';
import { lookForLeftOut } from '../mirror/look-for-left-out.js';

export interface MirrorTarget {
  readonly filters: EntryFilters | undefined;
  /** Directories on the machines of the runners. */
  readonly target: { readonly runner: ScriptRunner; readonly path: string };
  readonly mirror: { readonly runner: ScriptRunner; readonly path: string };
  /** When the mirror was made: files left out for their age were so then. */
  readonly agesAt: AgesAt;
  /** Where the rules are written to. */
  readonly rulesFile: string;
}

/** Rules that keep rsync from deleting from a target what a mirror's filters may have left out; undefined when there are none. */
export async function protectInTarget(control: ActivityControl, job: MirrorTarget): Promise<string | undefined> {
  const { filters = {}, target, mirror, agesAt, rulesFile } = job;
  if (!needsLeftOutList({ filters })) return undefined;
  const filter = compileRules([]);
  const inTarget = { path: target.path, limits: { filters }, agesAt, place: {}, filter };
  // A mark may be gone from the target, which still holds what the mark kept out of the mirror.
  const { excludeIfPresent, excludeCaches } = filters;
  const marks = { ...(excludeIfPresent && { excludeIfPresent }), ...(excludeCaches && { excludeCaches }) };
  const inMirror = { path: mirror.path, limits: { filters: marks }, place: {}, filter };
  const found = await lookForLeftOut(target.runner, control, inTarget);
  const known = needsLeftOutList(inMirror.limits) ? await lookForLeftOut(mirror.runner, control, inMirror) : undefined;
  const rules = protectingRules({ files: found.files, marks: [...found.marks, ...(known?.marks ?? [])] });
  if (rules.length === 0) return undefined;
  await writeFile(rulesFile, Buffer.from(rules.map((rule) => `${rule}\n`).join(''), 'latin1'), { mode: 0o600 });
  return rulesFile;
}

export const protectFile = (spool: string): string => join(spool, 'protect-rules');
