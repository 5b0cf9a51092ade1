import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ODD_NAMES = [
  'new\nline',
  'it\'s "quoted"',
  '-rf',
  '--checkpoint-action=exec=touch x',
  '[a-z]*?',
  'back\\slash\\012',
  ' blank ',
  '$(id);`id`&|',
  'tab\tand\x01control\x7f',
  '\xff\xfe not utf-8 \x80',
  'h\xc3\xa9t\xc3\xa9',
  '#comment',
  '...',
  '~root',
  '%s%n',
  'x'.repeat(255),
];

interface Found {
  readonly path: Buffer;
  readonly stat: fs.Stats;
}

/** A directory that is changed at random, by every operation that is known to trouble incremental backups. */
export class RandomTree {
  private readonly random: () => number;
  private serial = 0;

  /** @param root an existing, empty directory */
  constructor(
    private readonly root: string,
    seed: number,
  ) {
    this.random = randomNumbers(seed);
  }

  grow(entries: number): void {
    for (let i = 0; i < entries; i += 1) this.pick(this.creations)();
    for (let i = 0; i < entries / 3; i += 1) this.pick(this.attributeChanges)();
  }

  change(operations: number): void {
    for (let i = 0; i < operations; i += 1) {
      const growing = [this.creations, this.creations, this.creations, this.edits, this.edits, this.attributeChanges];
      const kinds = [...growing, this.attributeChanges, this.moves, this.moves, this.removals, this.typeChanges];
      this.pick(this.pick(kinds))();
    }
  }

  private readonly creations = [
    () => this.createFile(),
    () => this.createFile(),
    () => this.createFile(),
    () => void fs.mkdirSync(this.newPath()),
    () => void fs.mkdirSync(this.newPath()),
    () => fs.symlinkSync(Buffer.from(this.pick(['/etc/passwd', '../..', 'gone', '\xff']), 'latin1'), this.newPath()),
    () => this.withFile((file) => fs.linkSync(file.path, this.newPath())),
    () => this.tool('mkfifo', '--', this.newPath()),
    () => this.createSparse(),
  ];

  private readonly edits = [
    () => this.withFile(({ path, stat }) => this.write(path, Math.max(1, stat.size % 50_000))),
    () => this.withFile(({ path, stat }) => this.editInPlace(path, stat)),
    () => this.withFile((file) => this.editBackDated(file)),
    () => this.withFile(({ path }) => fs.appendFileSync(path, 'more')),
    () => this.withFile(({ path }) => fs.truncateSync(path, 0)),
  ];

  private readonly attributeChanges = [
    () =>
      this.withAny(
        (e) =>
          void (
            e.stat.isSymbolicLink() || fs.chmodSync(e.path, this.pick([0o644, 0o600, 0o4755, 0o2770, 0o000, 0o1777]))
          ),
      ),
    () => this.withAny((e) => fs.lchownSync(e.path, this.pick([0, 1, 1000, 65534]), this.pick([0, 7, 1000]))),
    () =>
      this.withAny((e) =>
        this.tool(
          'touch',
          '-h',
          '-d',
          `@${Math.floor(this.random() * 2e9)}.${String(Math.floor(this.random() * 1e9)).padStart(9, '0')}`,
          '--',
          e.path,
        ),
      ),
    () =>
      this.withPlain((e) =>
        this.tool(
          'setfattr',
          '-n',
          this.pick(['user.a', 'user.b', 'trusted.t']),
          '-v',
          this.pick(['1', 'two', '']),
          '--',
          e.path,
        ),
      ),
    () => this.withPlain((e) => this.tool('sh', '-c', 'setfattr -x user.a -- "$1" 2>/dev/null || :', 'sh', e.path)),
    () =>
      this.withPlain((e) => this.tool('setfacl', '-m', this.pick(['u:1000:r', 'g:7:rwx', 'u:1:---']), '--', e.path)),
    () => this.withDirectory((e) => this.tool('setfacl', '-d', '-m', 'u:1000:rx', '--', e.path)),
    () => this.withPlain((e) => this.tool('setfacl', '-b', '-k', '--', e.path)),
  ];

  private readonly moves = [
    () => this.withFile((file) => fs.renameSync(file.path, this.newPath())),
    () => this.withDirectory((dir) => this.moveDirectory(dir)),
    () => this.swap((e) => e.stat.isDirectory()),
    () => this.swap((e) => !e.stat.isDirectory()),
    () => this.withFile((file) => this.withFile((other) => fs.renameSync(file.path, other.path))),
  ];

  private readonly removals = [
    () => this.withFile((file) => fs.rmSync(file.path)),
    () => this.withSmallDirectory(({ path }) => fs.rmSync(path, { recursive: true })),
    // The next file created often gets the inode that this one leaves.
    () => this.withFile((file) => (fs.rmSync(file.path), this.createFile())),
    () => this.withSmallDirectory(({ path }) => (fs.rmSync(path, { recursive: true }), fs.mkdirSync(this.newPath()))),
  ];

  private readonly typeChanges = [
    () =>
      this.withFile(
        ({ path }) => (fs.rmSync(path), fs.mkdirSync(path), this.write(Buffer.concat([path, Buffer.from('/in')]), 9)),
      ),
    () => this.withSmallDirectory(({ path }) => (fs.rmSync(path, { recursive: true }), this.write(path, 12))),
    () => this.withFile(({ path }) => (fs.rmSync(path), fs.symlinkSync('target', path))),
    () => this.withSmallDirectory(({ path }) => (fs.rmSync(path, { recursive: true }), fs.symlinkSync('/etc', path))),
    () => this.withAny(({ path, stat }) => stat.isSymbolicLink() && (fs.rmSync(path), fs.mkdirSync(path))),
  ];

  private createFile(): void {
    this.write(this.newPath(), Math.floor(this.random() ** 6 * 200_000));
  }

  private createSparse(): void {
    const path = this.newPath();
    fs.writeFileSync(path, 'head');
    fs.truncateSync(path, 600_000);
    fs.appendFileSync(path, 'tail');
  }

  private write(path: Buffer, size: number): void {
    fs.writeFileSync(path, Buffer.from(`${this.serial++} `.repeat(Math.ceil(size / 2))).subarray(0, size));
  }

  private editInPlace(path: Buffer, stat: fs.Stats): void {
    const file = fs.openSync(path, 'r+');
    fs.writeSync(file, Buffer.from(`!${this.serial++}`).subarray(0, stat.size), 0);
    fs.closeSync(file);
  }

  private editBackDated({ path, stat }: Found): void {
    const mtime = this.tool('stat', '-c', '%.9Y', '--', path).trim();
    this.editInPlace(path, stat);
    this.tool('touch', '-d', `@${mtime}`, '--', path);
  }

  private moveDirectory({ path }: Found): void {
    const to = this.newPath();
    if (
      !Buffer.concat([to, Buffer.from('/')])
        .subarray(0, path.length + 1)
        .equals(Buffer.concat([path, Buffer.from('/')]))
    ) {
      fs.renameSync(path, to);
    }
  }

  private swap(wanted: (entry: Found) => boolean): void {
    const all = this.walk().filter(wanted);
    if (all.length < 2) return;
    const [a, b] = [this.pick(all).path, this.pick(all).path];
    const slash = Buffer.from('/');
    const nested = (x: Buffer, y: Buffer): boolean =>
      Buffer.concat([y, slash]).indexOf(Buffer.concat([x, slash])) === 0;
    if (nested(a, b) || nested(b, a)) return;
    const aside = Buffer.from(`${this.root}/swapped-aside`);
    fs.renameSync(a, aside);
    fs.renameSync(b, a);
    fs.renameSync(aside, b);
  }

  private withFile(work: (file: Found) => void): void {
    this.withOne((e) => e.stat.isFile(), work);
  }
  private withDirectory(work: (directory: Found) => void): void {
    this.withOne((e) => e.stat.isDirectory(), work);
  }
  private withSmallDirectory(work: (directory: Found) => void): void {
    this.withOne((e) => e.stat.isDirectory() && this.walk(e.path).length < 8, work);
  }
  private withPlain(work: (entry: Found) => void): void {
    this.withOne((e) => e.stat.isFile() || e.stat.isDirectory(), work);
  }
  private withAny(work: (entry: Found) => void): void {
    this.withOne(() => true, work);
  }
  private withOne(wanted: (entry: Found) => boolean, work: (entry: Found) => void): void {
    const all = this.walk().filter(wanted);
    if (all.length > 0) work(this.pick(all));
  }

  /** A free name in a directory of the tree; one in three is an odd one. */
  private newPath(): Buffer {
    const directories = [
      Buffer.from(this.root),
      ...this.walk()
        .filter((e) => e.stat.isDirectory())
        .map((e) => e.path),
    ];
    for (;;) {
      const name =
        this.random() < 0.33
          ? this.pick(ODD_NAMES)
          : `n${Math.floor(this.random() * 40)}${this.pick(['', '-x', '.d'])}`;
      const directory = this.pick(directories);
      const path = Buffer.concat([directory, Buffer.from('/'), Buffer.from(name, 'latin1')]);
      if (path.length < 3000 && fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) return path;
    }
  }

  private walk(directory: Buffer = Buffer.from(this.root)): Found[] {
    return fs
      .readdirSync(directory, { encoding: 'buffer' })
      .sort((a, b) => Buffer.compare(a, b))
      .flatMap((name) => {
        const path = Buffer.concat([directory, Buffer.from('/'), name]);
        const stat = fs.lstatSync(path);
        return [{ path, stat }, ...(stat.isDirectory() ? this.walk(path) : [])];
      });
  }

  private pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)] as T;
  }

  /** Runs a program on paths of any bytes, which an argument list of Node cannot hold. */
  private tool(...words: (string | Buffer)[]): string {
    const input = Buffer.concat(words.flatMap((word) => [Buffer.from(word), Buffer.from([0])]));
    return execFileSync('xargs', ['-0', 'env'], { input, encoding: 'latin1' });
  }
}
