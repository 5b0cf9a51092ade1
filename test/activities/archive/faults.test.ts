import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/core/archive/manifest.js';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import type { ArchiveBench } from '../../support/archive-bench.js';
import { startArchiveBench } from '../../support/archive-bench.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import { describeTree } from '../../support/tree-oracle.js';

let bench: ArchiveBench;
let number = 0;
let path: string;
let source: { name: string; path: string };
beforeAll(async () => {
  bench = await startArchiveBench();
});
afterAll(() => bench?.stop());
beforeEach(() => {
  number += 1;
  path = join(bench.directory, `tree-${number}`);
  source = { name: `s${number}`, path };
  fs.mkdirSync(join(path, 'd'), { recursive: true });
  fs.writeFileSync(join(path, 'd/a'), 'a'.repeat(5000));
  fs.writeFileSync(join(path, 'd/noise'), randomBytes(3_000_000));
});
afterEach(async () => {
  for (const tool of ['tar', 'zstd', 'find', 'sort']) await bench.replaceTool(tool, 'real');
});

const objects = (): string[] =>
  fs.existsSync(join(bench.vault, 'web1', source.name))
    ? fs.readdirSync(join(bench.vault, 'web1', source.name), { recursive: true, encoding: 'utf8' }).sort()
    : [];
const stored = (pattern: RegExp): string[] => objects().filter((name) => pattern.test(name));
const manifestOf = (id: string): Manifest =>
  JSON.parse(fs.readFileSync(join(bench.vault, 'web1', source.name, id, 'manifest.json'), 'utf8')) as Manifest;
const indexOf = (id: string): string =>
  execFileSync('zstd', ['-dcq', join(bench.vault, 'web1', source.name, id, manifestOf(id).index.name)], {
    encoding: 'utf8',
  });
const recovered = async (id: string) => {
  const target = join(bench.directory, 'recovered', `${source.name}-${id}`);
  await recoverPlainly(join(bench.vault, 'web1', source.name), id, target);
  return describeTree(target);
};
/** The real work of tar has `--files-from` the list; all else is asking for its version and options. */
const WORKING = '[[ "${@: -1}" == --files-from=*/list ]]';

describe('a shard', () => {
  test.each([
    [
      'tar is killed in the middle',
      'tar',
      `${WORKING} || exec $REAL "$@"; $REAL "$@" | head -c 1000000; kill -KILL $$`,
      'TransferInterrupted',
    ],
    [
      'zstd is killed in the middle',
      'zstd',
      '[[ $* == *-T1* ]] || exec $REAL "$@"; head -c 1000000 | $REAL "$@" | head -c 5000; kill -KILL $$',
      'TransferInterrupted',
    ],
    [
      'zstd loses its last bytes and says nothing',
      'zstd',
      '[[ $* == *-T1* ]] || exec $REAL "$@"; $REAL "$@" | head -c -7',
      'TransferInterrupted',
    ],
    [
      'tar ends early and says nothing',
      'tar',
      `${WORKING} || exec $REAL "$@"; $REAL "$@" | head -c 1000000`,
      'RemoteCommandFailed',
    ],
    [
      'tar says what nobody knows',
      'tar',
      `${WORKING} && echo 'tar: d/a: is haunted' >&2; exec $REAL "$@"`,
      'RemoteCommandFailed',
    ],
    [
      'tar complains about what it was not asked for',
      'tar',
      `${WORKING} && echo 'tar: other: file changed as we read it' >&2; exec $REAL "$@"`,
      'RemoteCommandFailed',
    ],
    [
      'tar ends with a status of its own',
      'tar',
      `${WORKING} || exec $REAL "$@"; $REAL "$@"; exit 2`,
      'RemoteCommandFailed',
    ],
    ['tar is not there any more', 'tar', `${WORKING} || exec $REAL "$@"; exit 127`, 'ToolMissing'],
    // tar is killed by it: its pipe has no reader.
    ['zstd is not there any more', 'zstd', '[[ $* == *-T1* ]] || exec $REAL "$@"; exit 127', 'ToolMissing'],
  ])('is not stored when %s', async (_what, tool, script, type) => {
    await bench.replaceTool(tool, script);
    const plan = await bench.plan({ source });
    await expect(bench.writeShard(plan, 0, { source })).rejects.toMatchObject({ type });
    expect(stored(/shard-0000.-|\/done\//)).toEqual([]);
    await expect(bench.commit(plan, { source })).rejects.toMatchObject({ type: 'ObjectMissing' });
    expect(stored(/manifest/)).toEqual([]);
  });

  test('is stored by a later attempt, and found by one after that', async () => {
    await bench.replaceTool('tar', `${WORKING} || exec $REAL "$@"; $REAL "$@" | head -c 1000000; kill -KILL $$`);
    const plan = await bench.plan({ source });
    await expect(bench.writeShard(plan, 0, { source })).rejects.toMatchObject({ type: 'TransferInterrupted' });
    await bench.replaceTool('tar', 'real');
    const first = await bench.writeShard(plan, 0, { source });
    expect(first.reused).toBe(false);
    expect(await bench.writeShard(plan, 0, { source })).toEqual({ ...first, reused: true });
    await bench.writeShard(plan, 1, { source });
    const { backupId } = await bench.commit(plan, { source });
    expect(await recovered(backupId)).toEqual(await describeTree(path));
  });

  test('is sent again when the object of an earlier attempt is not whole', async () => {
    const plan = await bench.plan({ source });
    await bench.writeShard(plan, 0, { source });
    fs.truncateSync(join(bench.vault, 'web1', source.name, stored(/shard-00000-.*zst$/)[0] as string), 100);
    expect((await bench.writeShard(plan, 0, { source })).reused).toBe(false);
  });

  test('of a cancelled run leaves nothing, on neither side', async () => {
    const stop = new AbortController();
    const pidFile = join(bench.directory, 'pid');
    await bench.replaceTool('tar', `${WORKING} || exec $REAL "$@"; echo $$ >${pidFile}; exec sleep 1000`);
    const plan = await bench.plan({ source });
    // The first event tells of the file, which is still empty then.
    const pid = (): string => fs.readFileSync(pidFile, 'utf8').trim();
    const watcher = fs.watch(bench.directory, (_event, name) => name === 'pid' && pid() !== '' && stop.abort());
    await expect(bench.writeShard(plan, 0, { source, control: { signal: stop.signal } })).rejects.toMatchObject({
      type: 'Cancelled',
    });
    watcher.close();
    expect(stored(/shard-0000.-/)).toEqual([]);
    await expect.poll(() => fs.existsSync(`/proc/${pid()}`)).toBe(false);
  });

  test('is compressed on the worker when the host has no zstd', async () => {
    await bench.replaceTool('zstd', 'missing');
    const { plan, commit } = await bench.backUp({ source });
    expect(plan.compressOn).toBe('worker');
    expect(await recovered(commit.backupId)).toEqual(await describeTree(path));
  });

  test('is compressed on the worker when the host’s zstd does not tell exact counts', async () => {
    await bench.replaceTool('zstd', '$REAL "$@" 2> >(sed "s/ B =>/ KiB =>/" >&2)');
    expect(await bench.plan({ source })).toMatchObject({ compressOn: 'worker' });
  });

  test('that does not fit says so, and leaves nothing behind', async () => {
    const small = join(bench.directory, 'small');
    fs.mkdirSync(small, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
    try {
      const full = { ...source, destination: { name: 'small', type: 'local' as const, path: small } };
      const plan = await bench.plan({ source: full });
      await expect(bench.writeShard(plan, 0, { source: full })).rejects.toMatchObject({ type: 'DestinationFull' });
      const left = fs.readdirSync(small, { recursive: true, encoding: 'utf8' });
      expect(left.filter((name) => /shard-0000.-/.test(name))).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});

describe('a file', () => {
  test('that changes while it is read is stored, named, and read again', async () => {
    const log = join(path, 'growing.log');
    fs.writeFileSync(log, Buffer.alloc(60_000_000, 'x'));
    // tar is in the middle of the file when zstd has 40 MB, and waits for zstd until the file has grown.
    const first = `${join(bench.directory, 'first-bytes')}-$$`;
    await bench.replaceTool(
      'zstd',
      `case "$*" in *-T*) ;; *) exec $REAL "$@" ;; esac
head -c 40000000 >${first}; before=$(stat -c %s ${log})
while [ "$(stat -c %s ${log})" = "$before" ]; do :; done
cat ${first} - | $REAL "$@"`,
    );
    const writer = spawn('sh', ['-c', 'while echo more; do :; done >>"$1"', 'sh', log], { stdio: 'ignore' });
    const { commit } = await bench.backUp({ source }).finally(() => writer.kill('SIGKILL'));
    await bench.replaceTool('zstd', 'real');
    expect(commit).toMatchObject({
      status: 'warning',
      flaws: { count: 1, first: [{ path: 'growing.log', flaw: 'changed' }] },
      errorCounts: { ...NO_ERRORS, partial: 1 },
    });
    expect(indexOf(commit.backupId)).toMatch(/"path":"growing.log".*"shard":0,"flaw":"changed"/);
    const again = await bench.backUp({ source });
    expect(again.plan.changed).toBe(1);
    expect(again.commit.status).toBe('ok');
    expect(await recovered(again.commit.backupId)).toEqual(await describeTree(path));
  });

  test('that is gone before tar comes to it is no part of the backup', async () => {
    await bench.replaceTool('tar', `${WORKING} && rm -f ${path}/d/a; exec $REAL "$@"`);
    const { commit } = await bench.backUp({ source });
    expect(commit).toMatchObject({
      status: 'warning',
      flaws: { first: [{ path: 'd/a', flaw: 'vanished' }] },
      errorCounts: { ...NO_ERRORS, vanished: 1 },
    });
    expect(indexOf(commit.backupId)).toContain('{"path":"d/a","deleted":true}');
    expect(manifestOf(commit.backupId).counts).toMatchObject({ entries: 3, files: 1 });
    expect((await bench.backUp({ source })).commit.status).toBe('ok');
  });

  test('that cannot be read keeps its older version, and is tried again', async () => {
    await bench.backUp({ source });
    fs.appendFileSync(join(path, 'd/a'), 'new');
    fs.chmodSync(join(path, 'd/a'), 0o600);
    await bench.replaceTool('tar', dropPrivileges());
    const { plan, commit } = await bench.backUp({ source });
    expect(commit).toMatchObject({
      status: 'warning',
      flaws: { first: [{ path: 'd/a', flaw: 'unreadable', message: 'Cannot open: Permission denied' }] },
      errorCounts: { ...NO_ERRORS, permission: 1 },
    });
    expect(indexOf(commit.backupId)).toMatch(/"path":"d\/a".*"flaw":"unreadable"}/);
    expect(plan.level).toBe(1);
    await bench.replaceTool('tar', 'real');
    const again = await bench.backUp({ source });
    expect(again.plan).toMatchObject({ level: 2, changed: 1 });
    expect(await recovered(again.commit.backupId)).toEqual(await describeTree(path));
  });

  test('in a directory that find may not enter is carried on, not deleted', async () => {
    const before = await bench.backUp({ source });
    fs.chmodSync(join(path, 'd'), 0o700);
    fs.writeFileSync(join(path, 'new'), 'new');
    await bench.replaceTool('find', 'exec setpriv --reuid=65534 --regid=65534 --clear-groups $REAL "$@"');
    const { plan, commit } = await bench.backUp({ source });
    expect(plan).toMatchObject({ level: 1, deleted: 0 });
    expect(plan.counts.entries).toBe(before.plan.counts.entries + 1);
    expect(commit).toMatchObject({
      status: 'warning',
      flaws: { count: 1, first: [{ path: 'd', flaw: 'unreadable' }] },
      errorCounts: { ...NO_ERRORS, permission: 1 },
    });
    await bench.replaceTool('find', 'real');
    const again = await bench.backUp({ source });
    expect(again.plan).toMatchObject({ level: 2, changed: 1, deleted: 0 });
    expect(again.commit.status).toBe('ok');
    expect(await recovered(again.commit.backupId)).toEqual(await describeTree(path));
  });

  test('is one of 15,000 that find may not look at, and the backup is made all the same', async () => {
    for (let i = 0; i < 15_000; i += 1) fs.mkdirSync(join(path, `closed-${i}`), { mode: 0o700 });
    await bench.replaceTool('find', 'exec setpriv --reuid=65534 --regid=65534 --clear-groups $REAL "$@"');
    const { commit } = await bench.backUp({ source });
    expect(commit).toMatchObject({
      status: 'warning',
      flaws: { count: 15_000 },
      errorCounts: { ...NO_ERRORS, permission: 15_000 },
    });
    expect(commit.flaws.first).toHaveLength(100);
  });

  test('that is a socket is known and not stored, which is no flaw', async () => {
    const server = spawn('python3', [
      '-c',
      'import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.close()',
      join(path, 'd/sock'),
    ]);
    await new Promise((resolve) => server.once('close', resolve));
    const { plan, commit } = await bench.backUp({ source });
    expect(plan.notes).toEqual(['Not stored: 1 socket, which tar cannot store.']);
    expect(commit.status).toBe('ok');
    expect(indexOf(commit.backupId)).toMatch(/"path":"d\/sock","type":"s".*"flaw":"unsupported"}/);
    expect((await bench.backUp({ source })).plan.changed).toBe(0);
  });

  function dropPrivileges(): string {
    // The list is its owner's alone, so it comes by standard input.
    const list = 'list=${@: -1}; list=${list#--files-from=}';
    const unprivileged = 'setpriv --reuid=65534 --regid=65534 --clear-groups $REAL "${@:1:$#-1}" --files-from=-';
    return `${WORKING} || exec $REAL "$@"; ${list}; exec ${unprivileged} <"$list"`;
  }
});

describe('a scan', () => {
  test.each([
    [
      'find says what nobody knows',
      'find',
      'echo "find: fts_read: Cannot allocate memory" >&2; $REAL "$@"; exit 1',
      'RemoteCommandFailed',
    ],
    [
      'find fails and says nothing',
      'find',
      '[ "$1" = . ] || exec $REAL "$@"; $REAL "$@"; exit 1',
      'RemoteCommandFailed',
    ],
    ['find is killed', 'find', '[ "$1" = . ] || exec $REAL "$@"; kill -KILL $$', 'TransferInterrupted'],
    [
      'sort fails',
      'sort',
      'cat >/dev/null; echo "sort: write failed: No space left on device" >&2; exit 2',
      'RemoteCommandFailed',
    ],
    ['sort does not sort bytewise', 'sort', 'exec $REAL -r "$@"', 'RemoteCommandFailed'],
    ['there is no tar', 'tar', 'missing', 'ToolMissing'],
    ['tar is not GNU tar', 'tar', 'echo bsdtar 3.6', 'ToolMissing'],
    ['there is no find', 'find', 'missing', 'ToolMissing'],
  ])('fails when %s, and nothing is written', async (_what, tool, script, type) => {
    await bench.replaceTool(tool, script);
    await expect(bench.plan({ source })).rejects.toMatchObject({ type });
    expect(objects()).toEqual([]);
  });

  test('tells a missing source from one that is no directory', async () => {
    await expect(bench.plan({ source: { ...source, path: `${path}/nowhere` } })).rejects.toMatchObject({
      type: 'SourceMissing',
    });
    await expect(bench.plan({ source: { ...source, path: `${path}/d/a` } })).rejects.toMatchObject({
      type: 'SourceNotDirectory',
    });
  });

  test('lists the mount points of pseudo file systems and does not enter them', async () => {
    fs.mkdirSync(join(path, 'proc'));
    execFileSync('mount', ['-t', 'proc', 'proc', join(path, 'proc')]);
    try {
      expect((await bench.plan({ source })).counts).toEqual({
        entries: 5,
        files: 2,
        directories: 3,
        symlinks: 0,
        others: 0,
      });
    } finally {
      execFileSync('umount', [join(path, 'proc')]);
    }
  });
});
