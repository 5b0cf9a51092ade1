import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stage } from '../../../src/core/pipeline-stage.js';
import { startLoopbackHost } from '../../../src/demo/loopback-host.js';
import type { LoopbackHost } from '../../../src/demo/loopback-host.js';
import { LocalRunner } from '../../../src/providers/remote/local-runner.js';
import type { ScriptRunner } from '../../../src/providers/remote/script-runner.js';
import { SshConfigFiles } from '../../../src/providers/remote/ssh-config-file.js';
import { SshConnections } from '../../../src/providers/remote/ssh-connections.js';
import { SshRunner } from '../../../src/providers/remote/ssh-runner.js';
import { isAlive, processGone, runToEnd } from '../../support/script-runs.js';

const containing = (text: string): unknown => expect.stringContaining(text);

/** Every promise of ScriptRunner, on a host over real ssh and on this machine. */

let directory: string;
let host: LoopbackHost;
const connections = new SshConnections();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  host = await startLoopbackHost({ name: 'alpha', directory });
});

afterAll(async () => {
  await connections.close();
  await host.stop();
  await rm(directory, { recursive: true });
});

const RUNNERS: readonly [string, () => ScriptRunner][] = [
  ['over ssh', () => new SshRunner(host.plan([]), new SshConfigFiles(join(directory, 'runtime'), []))],
  [
    'over a shared connection',
    () => new SshRunner(host.plan([]), new SshConfigFiles(join(directory, 'runtime'), []), connections),
  ],
  ['on this machine', () => new LocalRunner()],
];

/** Two processes of the body's group that ignore TERM; it prints their ids and waits. */
const STUBBORN = `trap '' TERM; sleep 1000 & echo "$$ $!"; wait`;
const PATIENT = 'sleep 1000 & echo "$$ $!"; wait';

async function readPids(stdout: Readable): Promise<number[]> {
  let text = '';
  while (!text.includes('\n')) text += String((await once(stdout, 'data'))[0]);
  return text.trim().split(' ').map(Number);
}

describe.each(RUNNERS)('a script %s', (name, runnerOf) => {
  let runner: ScriptRunner;
  beforeAll(() => {
    runner = runnerOf();
  });

  test('reports its status, each stage’s, its output and its complaints apart from the protocol', async () => {
    const killed = stage('killed', ['sh', '-c', 'kill -9 $$']);
    const body = `${stage('first', ['sh', '-c', 'exit 3'])} | ${killed} | ${stage('last', ['cat'])}
      printf 'no newline' >&2; ${stage('quiet', ['sh', '-c', 'echo lost >&2; exit 9'])} 2>/dev/null
      echo 'a complaint' >&2; echo out; exit 42`;
    const { status, stages, stderrLines, stdout } = await runToEnd(runner, { body });
    expect(status).toBe(42);
    expect(stages).toEqual({ first: 3, killed: 137, last: 0, quiet: 9 });
    expect(stderrLines.join('')).toContain('no newline');
    expect(stderrLines.at(-1)).toBe('a complaint');
    expect(stdout.toString()).toBe('out\n');
  });

  test('and its variables arrive as written, whatever they hold', async () => {
    const text = `it's "q" \\ $HOME \`id\` $(id) %s é 日本 \t\nsecond line\n`;
    const body = `cat <<'END'\n${text}END\nprintf '%s' "$VALUE" | od -An -tx1 | tr -d ' \\n' # no newline at the end`;
    const { stdout } = await runToEnd(runner, { body, environment: { VALUE: text } });
    expect(stdout.toString()).toBe(text + Buffer.from(text).toString('hex'));
  });

  test('of 300 KB runs', async () => {
    const body = `${'# filler\n'.repeat(33_000)}echo done`;
    expect((await runToEnd(runner, { body })).stdout.toString()).toBe('done\n');
  });

  test('gets its list byte for byte, 1 MB of them, and leaves nothing behind', async () => {
    const list = randomBytes(1024 * 1024);
    const body =
      'cat "$HOLDFAST_LIST"; echo "$HOLDFAST_SCRATCH" >&2; ls -A "$HOLDFAST_SCRATCH" >&2; touch "$HOLDFAST_SCRATCH"/x';
    const { stdout, stderrLines } = await runToEnd(runner, { body, list });
    expect(stdout.equals(list)).toBe(true);
    expect(stderrLines).toHaveLength(1);
    expect(existsSync(stderrLines[0] ?? '')).toBe(false);
  });

  test('with an empty list has an empty file', async () => {
    const { stdout } = await runToEnd(runner, { body: 'wc -c <"$HOLDFAST_LIST"', list: new Uint8Array() });
    expect(stdout.toString().trim()).toBe('0');
  });

  test('reads data after its list from its input, to the end', async () => {
    const data = randomBytes(5 * 1024 * 1024);
    const running = runner.start({
      what: 'try',
      body: 'cat "$HOLDFAST_LIST" -',
      list: Buffer.from('list\0'),
      stdin: 'pipe',
      stdout: 'pipe',
      signal: new AbortController().signal,
    });
    running.stdin?.end(data);
    const chunks: Buffer[] = [];
    for await (const chunk of running.stdout ?? []) chunks.push(chunk as Buffer);
    expect((await running.finished).status).toBe(0);
    expect(Buffer.concat(chunks).equals(Buffer.concat([Buffer.from('list\0'), data]))).toBe(true);
  });

  test('writes its output straight into a file', async () => {
    const path = join(directory, `output ${name}`);
    const file = await open(path, 'wx');
    const list = randomBytes(100_000);
    const { status } = await runToEnd(runner, { body: 'cat "$HOLDFAST_LIST"', list, stdout: { fd: file.fd } });
    await file.close();
    expect(status).toBe(0);
    expect((await readFile(path)).equals(list)).toBe(true);
  });

  test('has an environment of its own, LC_ALL=C and umask 077, and no input', async () => {
    process.env['TAR_OPTIONS'] = '--holdfast-test';
    const { stdout } = await runToEnd(runner, { body: 'env; umask; cat; echo end' });
    delete process.env['TAR_OPTIONS'];
    const text = stdout.toString();
    expect(text).toContain('LC_ALL=C\n');
    expect(text).toContain('0077\nend\n');
    expect(text).not.toMatch(/TAR_OPTIONS|SSH_|VITEST/);
  });

  test('that floods standard error keeps its last 10,000 lines and its status', async () => {
    const { status, stderrLines, stderrTruncated } = await runToEnd(runner, { body: 'seq 1 200000 >&2; exit 5' });
    expect(status).toBe(5);
    expect(stderrTruncated).toBe(true);
    expect(stderrLines).toHaveLength(10_000);
    expect(stderrLines.at(-1)).toBe('200000');
  });

  test('that is cancelled is over only when its whole group is dead, also one that ignores TERM', async () => {
    const abort = new AbortController();
    const running = runner.start({ what: 'wait', body: STUBBORN, stdout: 'pipe', signal: abort.signal });
    const pids = await readPids(running.stdout as Readable);
    abort.abort();
    await expect(running.finished).rejects.toMatchObject({ type: 'Cancelled' });
    expect(await Promise.all(pids.map(isAlive))).toEqual([false, false]);
  });

  test('that was cancelled before it began never runs', async () => {
    const path = join(directory, `never ${name}`);
    const finished = runToEnd(runner, { body: `touch '${path}'`, signal: AbortSignal.abort() });
    await expect(finished).rejects.toMatchObject({ type: 'Cancelled' });
    expect(existsSync(path)).toBe(false);
  });

  test('that takes longer than its limit is killed', async () => {
    const running = runner.start({
      what: 'wait',
      body: `${PATIENT}`,
      stdout: 'pipe',
      signal: new AbortController().signal,
      timeoutMs: 5_000,
    });
    const pids = await readPids(running.stdout as Readable);
    await expect(running.finished).rejects.toMatchObject({
      type: 'TimedOut',
      message: containing('5 s'),
    });
    expect(await Promise.all(pids.map(isAlive))).toEqual([false, false]);
  });

  test('whose reader gives up is ended', async () => {
    const running = runner.start({
      what: 'print',
      body: 'echo $$; exec yes',
      stdout: 'pipe',
      signal: new AbortController().signal,
    });
    const [pid = 0] = await readPids(running.stdout as Readable);
    running.stdout?.destroy();
    await expect(running.finished).rejects.toMatchObject({ type: 'Cancelled' });
    await processGone(pid);
  });

  test('dies with the process that started it, also when that is killed with SIGKILL', async () => {
    const input = {
      ...(name === 'on this machine' ? {} : { host: host.plan([]) }),
      shared: name === 'over a shared connection',
      runtimeDirectory: join(directory, 'runtime'),
      body: PATIENT,
    };
    const program = fileURLToPath(new URL('../../support/script-process.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(input)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pids = await readPids(child.stdout);
    child.kill('SIGKILL');
    await Promise.all(pids.map(processGone));
  });
});
