import fc from 'fast-check';
import type { Entry, EntryType, IndexLine } from '../../src/core/entries/entry.js';
import { comparePaths, linePath } from '../../src/core/entries/entry.js';

/** A file's name: any bytes but NUL and `/`; short, so that names meet. */
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'a-', 'a.', 'a0', '-', ' ', 'ab', '\xc3\xa9', '"', '\\') },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.integer({ min: 1, max: 255 }).filter((byte) => byte !== 47),
        { minLength: 1, maxLength: 4 },
      )
      .map((bytes) => String.fromCharCode(...bytes))
      .filter((text) => text !== '.' && text !== '..'),
  },
);

/** A path below a source, as a byte string; '' is the source itself. */
export const paths = fc.oneof(
  { weight: 9, arbitrary: fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/')) },
  { weight: 1, arbitrary: fc.constant('') },
);

const time = fc
  .tuple(fc.integer({ min: 0, max: 2_000_000_000 }), fc.integer({ min: 0, max: 999_999_999 }))
  .map(([seconds, nanoseconds]) => `${seconds}.${String(nanoseconds).padStart(9, '0')}`);

const types: readonly EntryType[] = ['f', 'f', 'f', 'd', 'l', 'p', 's', 'c', 'b'];

export const entries: fc.Arbitrary<Entry> = fc
  .record({
    path: paths,
    type: fc.constantFrom(...types),
    sizeBytes: fc.nat({ max: 1_000_000 }),
    mtime: time,
    ctime: time,
    inode: fc.bigInt({ min: 1n, max: 18_446_744_073_709_551_615n }).map(String),
    device: fc.nat({ max: 70_000 }).map(String),
    mode: fc.integer({ min: 0, max: 0o7777 }).map((mode) => mode.toString(8)),
    uid: fc.nat({ max: 4_294_967_295 }),
    gid: fc.nat({ max: 4_294_967_295 }),
    links: fc.integer({ min: 1, max: 3 }),
    blocks: fc.nat({ max: 2_000 }),
    target: fc.constantFrom('x', '../..', 'a//b', '\xff', 'd\xc3\xa9'),
  })
  .map((entry) => ({ ...entry, target: entry.type === 'l' ? entry.target : '' }));

/** Lines of one index: in order, each path once. */
export const indexes: fc.Arbitrary<IndexLine[]> = fc
  .uniqueArray(
    fc.oneof(
      paths.map((path): IndexLine => ({ deleted: true, path })),
      fc
        .record({ entry: entries, shard: fc.option(fc.nat({ max: 9 })), changed: fc.boolean() })
        .map(({ entry, shard, changed }): IndexLine => {
          if (shard === null) return { deleted: false, entry, flaw: 'unreadable' };
          return { deleted: false, entry, shard, ...(changed ? { flaw: 'changed' as const } : {}) };
        }),
    ),
    { selector: linePath, maxLength: 20 },
  )
  .map((lines) => lines.sort((a, b) => comparePaths(linePath(a), linePath(b))));

/** A file with settings of which the test names those that matter. */
export const entryOf = (path: string, news: Partial<Entry> = {}): Entry => ({
  path,
  type: 'f',
  sizeBytes: 10,
  mtime: '1000.000000000',
  ctime: '1000.000000000',
  inode: '7',
  device: '1',
  mode: '644',
  uid: 0,
  gid: 0,
  links: 1,
  blocks: 8,
  target: '',
  ...news,
});

/** In batches of sizes that do not fit anything. */
export async function* inBatches<T>(items: readonly T[], size = 3): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

export async function flat<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
