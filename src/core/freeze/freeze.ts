import { textOf } from '../entries/entry.js';
import { unescapeName } from '../entries/escaped-names.js';
import { PSEUDO_FILE_SYSTEMS } from '../scan/pseudo-filesystems.js';

/** Directory in a btrfs subvolume's root that holds our snapshots of it. It stays there, empty, so that the root's own times do not change with every backup. */
export const BTRFS_FREEZE_DIRECTORY = '.holdfast-freeze';

/** How a freeze script ends when it cannot do its work; its last words say why. */
export const FREEZE_REFUSED = 90;

/** Names of what one freeze makes on a host. */
export interface FreezeNames {
  /** What all freezes of this source at this destination have in common: what bears it and is not of this run was left by a dead one. */
  readonly tag: string;
  /** `<tag>-<run>`. */
  readonly name: string;
}

/** What a freeze or release script told, from its standard output. */
export interface FreezeTold {
  readonly refusal: string | undefined;
  readonly frozenAtMs: number | undefined;
  /** A byte string. */
  readonly readPath: string | undefined;
  /** Directories below the source whose content the frozen tree does not hold, relative to the source; byte strings. */
  readonly leftOut: readonly LeftOut[];
  /** What was not as it should be when it was released. */
  readonly troubles: readonly string[];
}

export interface LeftOut {
  readonly path: string;
  readonly what: 'nested subvolume' | 'mounted file system';
}

/** @param output a byte string: lines of a word and its value */
export function readFreezeOutput(output: string): FreezeTold {
  const lines = output.split('\n').map((line): readonly [string, string] => {
    const blank = line.indexOf(' ');
    return blank < 0 ? [line, ''] : [line.slice(0, blank), line.slice(blank + 1)];
  });
  const all = (word: string): string[] => lines.filter(([first]) => first === word).map(([, value]) => value);
  const real = all('real')[0];
  const clock = all('frozen-at')[0] ?? '';
  return {
    refusal: all('refused').map(textOf)[0],
    frozenAtMs: /^\d+\.\d{9}$/.test(clock) ? Math.floor(Number(clock) * 1000) : undefined,
    readPath: all('read-path')[0],
    leftOut: real === undefined ? [] : leftOut(real, all('subvolume'), all('mount')),
    troubles: all('trouble').map(textOf),
  };
}

/** @param mounts lines of /proc/self/mountinfo, proc(5) */
function leftOut(real: string, subvolumes: readonly string[], mounts: readonly string[]): LeftOut[] {
  const below = real === '/' ? '/' : `${real}/`;
  const found = new Map<string, LeftOut['what']>();
  for (const path of subvolumes) found.set(path, 'nested subvolume');
  for (const mount of mounts) {
    const point = unescapeName(mount.split(' ')[4] ?? '');
    const type = / - (\S+) /.exec(mount)?.[1] ?? '';
    if (!PSEUDO_FILE_SYSTEMS.includes(type)) found.set(point, 'mounted file system');
  }
  return [...found]
    .filter(([path]) => path.startsWith(below) && path !== below)
    .map(([path, what]) => ({ path: path.slice(below.length), what }))
    .filter(({ path }) => !path.startsWith(`${BTRFS_FREEZE_DIRECTORY}/`))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}
