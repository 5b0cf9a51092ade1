import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparePaths, type Entry } from '../../../src/core/entries/entry.js';
import type {
  OverwriteMode,
  PointEntry,
  RestoreAction,
  RestoreCounts,
  Wanted,
} from '../../../src/core/restore/actions.js';
import { RestorePlanner } from '../../../src/core/restore/planner.js';
import { parentOf, RestoreSelection } from '../../../src/core/restore/selection.js';
import { RestoreVerification } from '../../../src/core/restore/verification.js';

type Tree = ReadonlyMap<string, Entry>;
interface Options {
  readonly overwrite: OverwriteMode;
  readonly delete: boolean;
  readonly selection?: RestoreSelection;
}

function entry(path: string, facts: Partial<Entry> = {}): Entry {
  const type = facts.type ?? 'f';
  return {
    path,
    type,
    sizeBytes: type === 'f' ? 5 : 0,
    mtime: '1.000000000',
    ctime: '1.000000000',
    inode: `i:${path}`,
    device: '1',
    mode: '644',
    uid: 0,
    gid: 0,
    links: 1,
    blocks: 8,
    target: '',
    ...facts,
  };
}

const tree = (...entries: Entry[]): Tree =>
  new Map([entry('', { type: 'd' }), ...entries].map((each) => [each.path, each]));
const directory = (path: string, facts: Partial<Entry> = {}): Entry => entry(path, { type: 'd', ...facts });

function plan(point: Tree, found: Tree, options: Options): { actions: RestoreAction[]; counts: RestoreCounts } {
  const actions: RestoreAction[] = [];
  const selection = options.selection ?? new RestoreSelection(undefined);
  const planner = new RestorePlanner({ ...options, owners: true, target: '/target' }, (action) => actions.push(action));
  const parents = new Set<string>();
  for (const each of point.values()) {
    if (!selection.takes(each.path, each.type === 'd')) continue;
    for (let path = each.path; path !== ''; path = parentOf(path)) parents.add(parentOf(path));
  }
  const wantedOf = ({ path, type }: Entry): Wanted =>
    selection.takes(path, type === 'd') ? 'yes' : parents.has(path) ? 'parent' : 'no';
  for (const path of [...new Set([...point.keys(), ...found.keys()])].sort(comparePaths)) {
    const p = point.get(path);
    const f = found.get(path);
    const pointEntry: PointEntry | undefined = p && { entry: p, place: { backup: 0, shard: p.type === 'd' ? 1 : 0 } };
    planner.see(path, pointEntry, p ? wantedOf(p) : 'no', f, f !== undefined && selection.takes(path, f.type === 'd'));
  }
  planner.end();
  return { actions, counts: planner.counts };
}

/** Does to a model what the activities do to a target, in their order, and refuses what a file system would refuse. */
function carryOut(actions: readonly RestoreAction[], point: Tree, found: Tree): Map<string, Entry> {
  const now = new Map(found);
  const of = (kind: RestoreAction['do']): string[] =>
    actions.flatMap((a) => (a.do === kind && 'path' in a ? [a.path] : []));
  const children = (path: string): string[] => [...now.keys()].filter((p) => p !== '' && parentOf(p) === path);
  const unlink = (path: string): void => {
    expect(now.get(path)?.type, `unlink ${path}`).not.toBe('d');
    now.delete(path);
  };
  const rmdir = (path: string): void => {
    expect(children(path), `rmdir ${path}`).toEqual([]);
    now.delete(path);
  };
  const cleared = of('clear-directory');
  const below = (path: string): boolean => cleared.some((c) => path.startsWith(`${c}/`));
  of('delete-file').filter(below).forEach(unlink);
  of('delete-directory').filter(below).forEach(rmdir);
  cleared.forEach(rmdir);
  of('clear-file').forEach(unlink);
  for (const path of of('make-directory').sort((a, b) => a.length - b.length)) {
    expect(now.has(path), `mkdir ${path}`).toBe(false);
    now.set(path, directory(path, { mode: '700' }));
  }
  const made = new Map<string, string>();
  for (const action of actions) {
    if (action.do !== 'extract' && action.do !== 'link') continue;
    expect(now.get(parentOf(action.path))?.type, `parent of ${action.path}`).toBe('d');
    expect(now.get(action.path)?.type, `replaced ${action.path}`).not.toBe('d');
    const stored = point.get(action.path) as Entry;
    const inode = made.get(stored.inode) ?? `new:${stored.inode}`;
    made.set(stored.inode, inode);
    if (action.do === 'link') expect(point.get(action.first)?.inode).toBe(stored.inode);
    now.set(action.path, { ...stored, inode, device: '9' });
  }
  of('delete-file')
    .filter((path) => !below(path))
    .forEach(unlink);
  of('delete-directory')
    .filter((path) => !below(path))
    .forEach(rmdir);
  for (const path of of('attributes')) now.set(path, { ...(point.get(path) as Entry), inode: `dir:${path}` });
  return now;
}

function verify(actions: readonly RestoreAction[], now: Tree, exact: boolean): RestoreVerification {
  const verification = new RestoreVerification({ owners: true, exact, scannedAtSeconds: [1000] });
  const expected = new Map(actions.flatMap((a) => (a.do === 'expect' ? [[a.entry.path, a]] : [])));
  for (const path of [...new Set([...now.keys(), ...expected.keys()])]) {
    verification.see(path, expected.get(path), now.get(path), true);
  }
  return verification;
}

const describeTree = (all: Tree): string[] => {
  const files = new Map<string, string>();
  return [...all.values()]
    .sort((a, b) => comparePaths(a.path, b.path))
    .map((e) => {
      const file = files.get(e.inode) ?? e.path;
      files.set(e.inode, file);
      return [
        e.path,
        e.type,
        e.type === 'f' ? e.sizeBytes : '',
        e.mtime,
        e.mode,
        e.target,
        e.type === 'd' ? '' : file,
      ].join(' ');
    });
};

const NAMES = ['a', 'b', '-x', 'c.d'];
const pathArb = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
/** Random trees: later paths that would lie below a file are dropped; some files share an inode. */
const treeArb = (side: string): fc.Arbitrary<Tree> =>
  fc
    .array(
      fc.record({
        path: pathArb,
        type: fc.constantFrom('f' as const, 'f' as const, 'd' as const, 'l' as const, 'p' as const),
        inode: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
        variant: fc.integer({ min: 1, max: 3 }),
      }),
      { maxLength: 14 },
    )
    .map((wishes) => {
      const all = new Map<string, Entry>([['', directory('', { inode: `${side}:root` })]]);
      for (const { path, type, inode, variant } of wishes) {
        const parts = path.split('/');
        const parents = parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
        if (all.has(path) || parents.some((p) => all.has(p) && all.get(p)?.type !== 'd')) continue;
        for (const p of parents) if (!all.has(p)) all.set(p, directory(p, { inode: `${side}:${p}` }));
        const shared = type === 'f' && inode !== undefined;
        const mtime = shared ? `${inode}.000000000` : `${variant}.000000000`;
        const id = shared ? `${side}:${inode}` : `${side}:${path}`;
        all.set(path, entry(path, { type, mtime, inode: id, target: type === 'l' ? `t${variant}` : '' }));
      }
      const links = new Map<string, number>();
      for (const e of all.values()) links.set(e.inode, (links.get(e.inode) ?? 0) + 1);
      return new Map(
        [...all].map(([path, e]) => [path, e.type === 'd' ? e : { ...e, links: links.get(e.inode) ?? 1 }]),
      );
    });

describe('RestorePlanner', () => {
  test('with --delete any target becomes exactly the point, and a second run writes nothing', () => {
    fc.assert(
      fc.property(
        treeArb('p'),
        treeArb('t'),
        fc.constantFrom('changed' as const, 'always' as const),
        (point, found, overwrite) => {
          const { actions } = plan(point, found, { overwrite, delete: true });
          const now = carryOut(actions, point, found);
          expect(describeTree(now)).toEqual(describeTree(point));
          expect(verify(actions, now, true).first).toEqual([]);
          const again = plan(point, now, { overwrite: 'changed', delete: true }).counts;
          expect(again).toEqual({ create: 0, replace: 0, keep: point.size, delete: 0, bytesToWrite: 0 });
        },
      ),
      { numRuns: 1500 },
    );
  });

  test('with overwrite never nothing that exists is touched, and all that is missing comes', () => {
    fc.assert(
      fc.property(treeArb('p'), treeArb('t'), (point, found) => {
        const planned = attempt(() => plan(point, found, { overwrite: 'never', delete: false }));
        if (planned === undefined) return;
        const now = carryOut(planned.actions, point, found);
        for (const [path, before] of found) expect(now.get(path)).toEqual(before);
        expect([...now.keys()].sort()).toEqual([...new Set([...found.keys(), ...point.keys()])].sort());
        expect(verify(planned.actions, now, false).first).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  test('with a selection only what it names changes, and all of that is as in the point', () => {
    fc.assert(
      fc.property(treeArb('p'), treeArb('t'), pathArb, fc.boolean(), (point, found, pattern, remove) => {
        const selection = new RestoreSelection((path) => path === pattern || path.endsWith('/b'));
        const planned = attempt(() => plan(point, found, { overwrite: 'changed', delete: remove, selection }));
        if (planned === undefined) return;
        const now = carryOut(planned.actions, point, found);
        for (const [path, e] of found) {
          if (selection.takes(path, e.type === 'd')) continue;
          const cleared = planned.actions.some(
            (a) =>
              (a.do === 'clear-file' || a.do === 'clear-directory') &&
              (path === a.path || path.startsWith(`${a.path}/`)),
          );
          if (!cleared) expect(now.get(path)).toEqual(e);
        }
        const taken = (all: Tree): Tree =>
          new Map([...all].filter(([path, e]) => selection.takes(path, e.type === 'd')));
        if (remove) expect(describeTree(taken(now))).toEqual(describeTree(taken(point)));
        expect(verify(planned.actions, now, false).first).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  test('a directory that holds entries makes way for a file only with --delete', () => {
    const point = tree(entry('a'));
    const found = tree(directory('a'), entry('a/-mine'), entry('a/mine'));
    expect(() => plan(point, found, { overwrite: 'changed', delete: false })).toThrow(
      /"a" is a directory that is not empty/,
    );
    expect(plan(point, found, { overwrite: 'changed', delete: true }).counts.delete).toBe(2);
  });

  test('with overwrite never a symbolic link where a directory belongs stops the restore', () => {
    const point = tree(directory('etc'), entry('etc/passwd'));
    const found = tree(entry('etc', { type: 'l', target: '/etc' }));
    expect(() => plan(point, found, { overwrite: 'never', delete: false })).toThrow(/"etc" is a symbolic link/);
    expect(plan(point, found, { overwrite: 'changed', delete: false }).actions).toContainEqual({
      do: 'clear-file',
      path: 'etc',
    });
  });

  test('an index with an entry below a symbolic link, or below nothing, is refused', () => {
    const below = tree(entry('s', { type: 'l', target: '/etc' }), entry('s/passwd'));
    expect(() => plan(below, tree(), { overwrite: 'always', delete: false })).toThrow(/"s", which is refused/);
    expect(() =>
      plan(tree(entry('s/-x'), entry('s', { type: 'l' })), tree(), { overwrite: 'always', delete: false }),
    ).toThrow(/refused/);
    expect(() => plan(tree(entry('gone/x')), tree(), { overwrite: 'always', delete: false })).toThrow(/not known/);
    expect(() => plan(tree(entry('../x')), tree(), { overwrite: 'always', delete: false })).toThrow(/refused/);
  });

  test('a wanted name whose first name is not wanted is linked by hand', () => {
    const linked = { inode: '7', links: 2 };
    const point = tree(entry('first', linked), entry('second', linked));
    const selection = new RestoreSelection((path) => path === 'second');
    const { actions } = plan(point, tree(), { overwrite: 'changed', delete: false, selection });
    expect(actions).toContainEqual({ do: 'link', place: { backup: 0, shard: 0 }, first: 'first', path: 'second' });
  });

  test('hard-linked fifos are linked by hand, since tar stores one for each name', () => {
    const fifo = { type: 'p' as const, inode: '7', links: 2 };
    const { actions } = plan(tree(entry('a', fifo), entry('b', fifo)), tree(), { overwrite: 'changed', delete: false });
    const place = { backup: 0, shard: 0 };
    expect(actions).toContainEqual({ do: 'link', place, first: 'a', path: 'a' });
    expect(actions).toContainEqual({ do: 'link', place, first: 'a', path: 'b' });
  });

  test('what could not be read comes in its older version, or not at all, and both are said', () => {
    const seen: RestoreAction[] = [];
    const options = { overwrite: 'changed' as const, delete: false, owners: true, target: '/target' };
    const planner = new RestorePlanner(options, (action) => seen.push(action));
    const place = { backup: 0, shard: 3 };
    planner.see('', { entry: directory(''), place: { backup: 0, shard: 4 } }, 'yes', undefined, false);
    planner.see('a', { entry: entry('a'), flaw: 'unreadable', older: true, place }, 'yes', undefined, false);
    planner.see('b', { entry: entry('b'), flaw: 'unreadable' }, 'yes', undefined, false);
    planner.end();
    expect(seen).toContainEqual({ do: 'flaw', path: 'a', flaw: 'unreadable', older: true });
    expect(seen).toContainEqual({ do: 'flaw', path: 'b', flaw: 'unreadable', older: false });
    expect(seen.flatMap((a) => (a.do === 'extract' ? [a.path] : []))).toEqual(['a']);
  });
});

describe('RestoreVerification', () => {
  const compare = (expected: Entry, found: Entry): RestoreVerification => {
    const verification = new RestoreVerification({ owners: true, exact: false, scannedAtSeconds: [1000] });
    verification.see(expected.path, { entry: expected, mayHaveChanged: false, backup: 0 }, found, false);
    return verification;
  };

  test('a file written to after the scan is a remark, one that differs otherwise a difference', () => {
    const recorded = entry('a', { mtime: '900.000000000' });
    const later = compare(recorded, entry('a', { mtime: '1001.000000000', sizeBytes: 6 }));
    expect(later).toMatchObject({ count: 0, changedMeanwhile: 1 });
    expect(compare(recorded, entry('a', { mtime: '901.000000000' }))).toMatchObject({ count: 1 });
    expect(compare(recorded, entry('a', { mtime: '1001.000000000', mode: '600' }))).toMatchObject({ count: 1 });
  });

  test('two files of the backup that are one file in the target differ', () => {
    const verification = new RestoreVerification({ owners: true, exact: false, scannedAtSeconds: [] });
    for (const path of ['a', 'b']) {
      const expected = { entry: entry(path), mayHaveChanged: false, backup: 0 };
      verification.see(path, expected, entry(path, { inode: 'same', links: 2 }), false);
    }
    expect(verification.first).toEqual(['b: its hard links are not those of the backup']);
  });
});

/** The plan, or undefined when something stands in the way that the options do not let it remove. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    expect(error).toMatchObject({ type: 'RestoreTargetInvalid' });
    return undefined;
  }
}
