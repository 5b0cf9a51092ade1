import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { runJson, type RunningCli, startUp, stopUp } from '../support/cli.js';
import { describeTree } from '../support/tree-oracle.js';
import { loginOf } from '../support/loopback-login.js';

/** Looking into backups and getting things out of them, through `bin/holdfast`. */
const HOLDFAST = fileURLToPath(new URL('../../bin/holdfast', import.meta.url));
let directory: string;
let host: LoopbackHost;
let up: RunningCli;
let ids: string[];
const path = (name: string): string => join(directory, name);
const environment = (): Record<string, string> => ({
  HOLDFAST_STATE_DIR: path('state'),
  TMPDIR: path('tmp'),
});

const holdfast = (...words: string[]) => runJson(['--config', path('holdfast.yaml'), ...words], environment());

/** A bash pipeline in which `holdfast` is the command; its own exit code comes first. */
function piped(command: string): { readonly exit: number; readonly stdout: string; readonly stderr: string } {
  const script = `holdfast() { "$HOLDFAST" --config "$CONFIG" "$@"; }\n${command}\nexit "\${PIPESTATUS[0]}"`;
  const run = spawnSync('bash', ['-c', script], {
    env: { ...process.env, ...environment(), HOLDFAST, CONFIG: path('holdfast.yaml'), OUT: path('out') },
    encoding: 'utf8',
  });
  return { exit: run.status ?? -1, stdout: run.stdout, stderr: run.stderr };
}

/** Nothing may stay of restores that went through this machine's scratch directories and sockets. */
function expectNoRemains(): void {
  expect(readdirSync(join(path('state'), 'spool')).filter((name) => name.startsWith('stdout-'))).toEqual([]);
  expect(readdirSync(path('tmp')).filter((name) => name.startsWith('holdfast-out-'))).toEqual([]);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-people-'));
  for (const name of ['sshd', 'vault', 'mirrors', 'www', 'www/docs', 'tmp']) mkdirSync(path(name), { mode: 0o755 });
  writeFileSync(path('www/index'), 'www as it was\n');
  writeFileSync(path('www/docs/letter'), 'a letter\n');
  // More than pipes and sockets hold for a reader that has gone.
  writeFileSync(path('www/docs/big'), randomBytes(4_000_000));
  linkSync(path('www/docs/letter'), path('www/letter-too'));
  symlinkSync('index', path('www/link'));
  execFileSync('setfattr', ['-n', 'user.colour', '-v', 'blue', path('www/index')]);
  writeFileSync(path('www/sparse'), '');
  truncateSync(path('www/sparse'), 50_000_000);
  utimesSync(path('www/docs'), 1_700_000_000, 1_700_000_000);
  host = await startLoopbackHost({ name: 'web1', directory: path('sshd') });
  const login = loginOf(host);
  const archived = { path: path('www'), dest_subdir: 'www', engine: 'archive', destination: 'vault' };
  await writeFile(
    path('holdfast.yaml'),
    stringify({
      config: { backup_base: path('mirrors') },
      destinations: { vault: { type: 'local', path: path('vault') } },
      hosts: { web1: { ...login, paths: [archived, { path: path('www'), dest_subdir: 'copy' }] } },
    }),
  );
  up = await startUp(environment());
  expect((await holdfast('backup')).exit).toBe(0);
  writeFileSync(path('www/index'), 'www as it is now\n');
  expect((await holdfast('backup')).exit).toBe(0);
  const listed = await holdfast('backups', 'web1', '--source', 'www');
  ids = (listed.summary['backups'] as { id: string }[]).map(({ id }) => id).reverse();
});

afterAll(async () => {
  await stopUp(up, path('state'));
  await host.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('looking', () => {
  test('files lists a directory of a point, for people and as JSON', async () => {
    const run = await holdfast('files', 'web1:www', '--backup', ids[0] ?? '');
    expect(run.exit, run.stderr).toBe(0);
    const files = run.documents.filter((document) => document['message_type'] === 'file');
    expect(files.map((file) => file['path']).sort()).toEqual(['docs', 'index', 'letter-too', 'link', 'sparse']);
    expect(run.summary).toMatchObject({ message_type: 'summary', backup_id: ids[0], entries: 5, exit_code: 0 });
    const plain = piped('holdfast files web1:www /docs/ --long');
    expect(plain.stdout).toMatch(/^-rw-\S+ +\d+:\d+ +9 .* letter$/m);
    expect(piped('holdfast files web1:www /nothing').exit).toBe(1);
    expect(piped('holdfast files web1').exit).toBe(2);
  });

  test('find tells the versions of a file, diff what differs between two points', async () => {
    const found = await holdfast('find', 'index');
    const versions = found.documents.filter((document) => document['message_type'] === 'version');
    expect(versions.map(({ source, change }) => `${String(source)} ${String(change)}`)).toEqual([
      'www new',
      'www changed',
      'copy present',
    ]);
    const diff = await holdfast('diff', 'web1:www', ids[0] ?? '');
    expect(diff.documents.filter((document) => document['message_type'] === 'difference')).toMatchObject([
      { path: 'index', change: 'changed', differences: ['size', 'mtime'] },
    ]);
    expect(diff.summary).toMatchObject({ added: 0, removed: 0, changed: 1, exit_code: 0 });
  });
});

describe('restore --stdout', () => {
  test('gives a tar with contents, hard links, attributes and times, from an archive and from a mirror', async () => {
    for (const source of ['www', 'copy']) {
      mkdirSync(path('out'));
      const run = piped(
        `holdfast restore -H web1 -s ${source} --stdout | tar -x --xattrs --xattrs-include='*' -C "$OUT"`,
      );
      expect(run.exit, run.stderr).toBe(0);
      utimesSync(path('out'), statSync(path('www')).atime, statSync(path('www')).mtime);
      const [was, is] = [await describeTree(path('www')), await describeTree(path('out'))];
      expect(is.contents).toEqual(was.contents);
      expect(is.extendedAttributes).toEqual(was.extendedAttributes);
      // The directory that somebody unpacks into stays as it is.
      const below = (entries: readonly string[]): string[] =>
        entries.filter((entry) => !/^ ?\.? ?d /.test(entry)).slice(1);
      expect(below(is.entries)).toEqual(below(was.entries));
      // A mirror is sparse only where its rsync options say so.
      if (source === 'www') expect(statSync(path('out/sparse')).blocks).toBeLessThan(100);
      rmSync(path('out'), { recursive: true });
    }
    expectNoRemains();
  });

  test('gives the bytes of the one file that is named, also of an older point', () => {
    const older = piped(`holdfast restore -H web1 -s www --backup ${ids[0]} --include /index --stdout`);
    expect(older, older.stderr).toMatchObject({ exit: 0, stdout: 'www as it was\n' });
    const newer = piped('holdfast restore -H web1 -s www --include /index --stdout');
    expect(newer.stdout).toBe('www as it is now\n');
    const directoryOnly = piped('holdfast restore -H web1 -s www --include /docs --stdout | tar -t');
    expect(directoryOnly.stdout).toBe('docs/\ndocs/big\ndocs/letter\n');
  });

  test('exits 0 only when all was sent: a reader that leaves, a missing file, a damaged shard', async () => {
    const left = piped('holdfast restore -H web1 -s www --stdout | head -c 100 >/dev/null');
    expect(left.exit).toBe(1);
    expect(left.stderr).toMatch(/Cancelled|OutputClosed/);
    expectNoRemains();
    const none = piped('holdfast restore -H web1 -s www --include /none --stdout');
    expect(none).toMatchObject({ exit: 1, stdout: '' });
    expect(none.stderr).toContain('NothingToRestore');
    const folder = join(path('vault'), 'web1/www', ids[1] ?? '');
    const shard = readdirSync(folder).find((name) => name.startsWith('shard-00000')) ?? '';
    const bytes = await readFile(join(folder, shard));
    await writeFile(join(folder, shard), Buffer.from(bytes).fill(0, 20, 30));
    const damaged = piped('holdfast restore -H web1 -s www --stdout');
    await writeFile(join(folder, shard), bytes);
    expect(damaged).toMatchObject({ exit: 1, stdout: '' });
    expect(damaged.stderr).toContain('ObjectDamaged');
    expectNoRemains();
  });

  test('and --json, or another target, are not taken together', () => {
    expect(piped('holdfast --json restore -H web1 -s www --stdout').exit).toBe(2);
    expect(piped('holdfast restore -H web1 -s www --stdout --target /srv/x').exit).toBe(2);
  });
});

describe('browse', () => {
  const DOWN = '\u001b[B';

  /** A person at a terminal, by script(1): sees what is drawn, and presses keys. */
  async function atTerminal(command: string, steps: readonly (readonly [sees: RegExp, keys: string])[]) {
    const child = spawn('script', ['-qefc', `stty rows 40 cols 120; ${command}`, '/dev/null'], {
      env: { ...process.env, ...environment(), TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let drawn = '';
    let looked = 0;
    let look = (): void => undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      drawn += text;
      look();
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    for (const [sees, keys] of steps) {
      await new Promise<void>((resolve, reject) => {
        look = (): void => {
          const match = sees.exec(drawn.slice(looked));
          if (match === null) return;
          looked += match.index + match[0].length;
          resolve();
        };
        look();
        void ended.then(() => reject(new Error(`ended before ${sees}: ${drawn}`)));
      });
      look = (): void => undefined;
      child.stdin.write(keys);
    }
    return { exit: await ended, drawn };
  }

  test('walks to a file of an older backup, marks it, and restores it alone', async () => {
    const command = `"${HOLDFAST}" --config "${path('holdfast.yaml')}" browse web1:www`;
    const { exit, drawn } = await atTerminal(command, [
      [/Which backup\?[\s\S]*-0 /, `${DOWN}\r`],
      [/\/[\s\S]*docs\/[\s\S]*\[leave\]/, '\r'],
      [/\/docs[\s\S]*letter[\s\S]*\[leave\]/, `${DOWN}${DOWN}${DOWN}\r`],
      [/restore 1 marked[\s\S]*✓ letter[\s\S]*\[leave\]/, `${DOWN}\r`],
      [/Into which directory/, `${path('browsed')}\r`],
    ]);
    expect(exit, drawn).toBe(0);
    expect(drawn).toContain(ids[0]);
    expect(readdirSync(path('browsed'), { recursive: true }).sort()).toEqual(['docs', 'docs/letter']);
    expect(await readFile(path('browsed/docs/letter'), 'utf8')).toBe('a letter\n');
  });

  test('without a terminal says what to use instead', () => {
    const run = piped('holdfast browse web1:www </dev/null');
    expect(run.exit).toBe(2);
    expect(run.stderr).toContain('holdfast files');
  });
});
