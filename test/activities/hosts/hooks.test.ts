import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ActivityControl, Providers } from '../../../src/activities/activity-control.js';
import type { RunHookInput } from '../../../src/activities/contract.js';
import { runHook } from '../../../src/activities/hosts.js';
import { failure } from '../../../src/core/failures.js';
import { hookEnvironment } from '../../../src/core/hooks/environment.js';
import type { HookPlan } from '../../../src/core/hooks/hooks.js';
import { startLoopbackHost, type LoopbackHost } from '../../../src/demo/loopback-host.js';
import { LocalRunner } from '../../../src/providers/remote/local-runner.js';
import { SshConfigFiles } from '../../../src/providers/remote/ssh-config-file.js';
import { SshRunner } from '../../../src/providers/remote/ssh-runner.js';
import { hookPlan } from '../../support/plans.js';
import { providersWith } from '../../support/providers.js';
import { processGone } from '../../support/script-runs.js';

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const run = { workflowId: 'host/alpha', runId: 'run-1' };

let directory: string;
let scriptsDir: string;
let host: LoopbackHost;
let providers: Providers;
let logged: Readonly<Record<string, unknown>>[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-hooks-'));
  scriptsDir = join(directory, 'scripts');
  await mkdir(scriptsDir);
  host = await startLoopbackHost({ name: 'alpha', directory });
  const configs = new SshConfigFiles(join(directory, 'runtime'), []);
  providers = providersWith({
    runnerFor: (plan) => new SshRunner(plan, configs),
    localRunner: new LocalRunner(),
  });
});

afterAll(async () => {
  await host.stop();
  await rm(directory, { recursive: true });
});

function control(signal = new AbortController().signal): ActivityControl {
  logged = [];
  const log: ActivityControl['log'] = (_level, _message, fields = {}) => void logged.push(fields);
  return { signal, attempt: 3, attemptToken: 'a', progress: () => undefined, log };
}

const script = (name: string): HookPlan['run'] => ({ script: name, scriptsDir });
const put = (name: string, text: string): Promise<void> => writeFile(join(scriptsDir, name), text);

describe.each(['host', 'worker'] as const)('a hook on the %s', (where) => {
  function start(news: Partial<HookPlan>, input: Partial<RunHookInput> = {}, signal?: AbortSignal) {
    const hook = hookPlan('before_source', '', { where, ...news });
    const facts = { run, host: 'alpha', source: 'etc', path: '/etc' };
    return runHook(providers, control(signal), {
      hook,
      machine: host.plan([]),
      host: 'alpha',
      source: 'etc',
      environment: hookEnvironment(hook.on, facts),
      ...input,
    });
  }

  test('gets what is known of the run as variables, all of them set, and no more than that', async () => {
    await put(
      'facts',
      'set -u\n: "$HOLDFAST_STATUS$HOLDFAST_ERROR$HOLDFAST_TARGET_PATH"\nenv | grep ^HOLDFAST_ | sort',
    );
    const { output } = await start({ run: script('facts') });
    expect(output).toContain('HOLDFAST_ATTEMPT=3\n');
    expect(output).toContain('HOLDFAST_HOOK=before_source\nHOLDFAST_HOST=alpha\n');
    expect(output).toContain('HOLDFAST_PATH=/etc\n');
    expect(output).toContain('HOLDFAST_RUN_ID=run-1\n');
    expect(output).not.toMatch(/HOLDFAST_(LIST|SCRATCH|UMASK)=/);
  });

  test('values that a host made up reach it as they are, and are never words of a shell', async () => {
    const canary = join(directory, `canary-${where}`);
    const hostile = `'; touch ${canary}; echo $(touch ${canary}) \`touch ${canary}\` "\n${'\u202e'}\x1b[2J\\`;
    const environment = hookEnvironment('on_error', { run, failure: failure('RsyncFailed', hostile), host: hostile });
    await put('tell', 'printf "%s|" "$HOLDFAST_ERROR" "$HOLDFAST_HOST"');
    const { output } = await start({ run: script('tell') }, { environment });
    const seen = hostile.replaceAll('\\', '\\\\').replace('\n', '\\n').replace('\u202e', '\\u{202e}');
    expect(output).toBe(`${seen.replace('\x1b', '\\u{1b}')}|${hostile}|`);
    expect(existsSync(canary)).toBe(false);
  });

  test('a command’s words arrive as they were written, and no shell looks at them', async () => {
    const words = ['a b', '$HOME', '$(id)', "it's", '*', '', '-n', 'é\n"', '--', 'A=b'];
    const { output } = await start({ run: { command: ['printf', '%s|', ...words] } });
    expect(output).toBe(`${words.join('|')}|`);
  });

  test.each(['if', 'exit', 'stage'])('a command is a program, and not what a shell means by %s', async (word) => {
    await expect(start({ run: { command: [word, '0'] } })).rejects.toMatchObject({
      type: 'HookFailed',
      message: matching(/status 127: env: .*No such file/),
    });
  });

  test('a program in a shell’s words is what a person may ask for', async () => {
    const { output } = await start({ run: { command: ['sh', '-c', 'echo "$HOLDFAST_PATH" | tr e E'] } });
    expect(output).toBe('/Etc\n');
  });

  test('any status but 0 is HookFailed, with its last words made safe to show', async () => {
    await put('fails', `seq 1 100; printf 'full\\033[2J\\n' >&2; exit 7`);
    await expect(start({ run: script('fails') })).rejects.toMatchObject({
      type: 'HookFailed',
      message: matching(/the before_source hook fails ended with status 7: 92\n[^]*\n100\nfull\\u\{1b\}\[2J$/),
      place: { host: 'alpha', source: 'etc' },
    });
  });

  test('one that is killed has failed', async () => {
    await put('dies', 'kill -KILL $$');
    await expect(start({ run: script('dies') })).rejects.toMatchObject({
      type: 'HookFailed',
      message: matching(/ended with status 137: /),
    });
  });

  test('a script that is not on the worker is HookNotFound with the places looked at', async () => {
    const message = matching(/scripts\/absent nor at .*scripts\/absent\.sh/);
    await expect(start({ run: script('absent') })).rejects.toMatchObject({ type: 'HookNotFound', message });
  });

  test('100 MB of output take no memory: its last 64 KiB go to the log when it fails, 4 KiB into the result', async () => {
    await put('flood-well', 'head -c 100000000 /dev/zero | tr "\\0" x; echo; echo end');
    const before = process.memoryUsage.rss();
    const { output } = await start({ run: script('flood-well') });
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(4096);
    expect(output.endsWith('\nend\n')).toBe(true);
    await put('flood-badly', 'head -c 100000000 /dev/zero | tr "\\0" x; echo; echo end; exit 1');
    const failed = await start({ run: script('flood-badly') }).catch((error: unknown) => error as Error);
    expect((failed as Error).message.length).toBeLessThan(5_000);
    const kept = String(logged[0]?.['output']);
    expect(kept).toHaveLength(64 * 1024);
    expect(kept.endsWith('\nend\n')).toBe(true);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('at its time limit it is killed with all that it started, and is HookTimedOut', async () => {
    const pids = join(directory, `${where}.pids`);
    // One that ignores TERM, and one that went into the background of a subshell.
    await put('hangs', `(trap '' TERM; sleep 1000) & echo $! >'${pids}'; (sleep 1000 & echo $! >>'${pids}'); wait`);
    await expect(start({ run: script('hangs'), timeoutMs: 3_000 })).rejects.toMatchObject({
      type: 'HookTimedOut',
      message: matching(/hook hangs ran longer than 3 s and was killed/),
    });
    const found = (await readFile(pids, 'utf8')).trim().split('\n').map(Number);
    expect(found).toHaveLength(2);
    for (const pid of found) await processGone(pid);
  });

  test('cancelled it is killed, and is Cancelled', async () => {
    const pid = join(directory, `${where}.pid`);
    const stop = new AbortController();
    await put('waits', `echo $$ >'${pid}'; sleep 1000`);
    const ended = start({ run: script('waits') }, {}, stop.signal);
    ended.catch(() => undefined);
    await written(pid);
    stop.abort();
    await expect(ended).rejects.toMatchObject({ type: 'Cancelled' });
    await processGone(Number(await readFile(pid, 'utf8')));
  });

  test('what it leaves running in the background holds nothing up', async () => {
    const pid = join(directory, `${where}.daemon`);
    await put('starts-a-daemon', `setsid sleep 1000 & echo $! >'${pid}'; echo started`);
    expect((await start({ run: script('starts-a-daemon') })).output).toBe('started\n');
    process.kill(Number(await readFile(pid, 'utf8')), 'SIGKILL');
  });
});

test('a hook for a host that there is none of is refused', async () => {
  const hook = hookPlan('before_run', 'x');
  await expect(runHook(providers, control(), { hook, environment: {} })).rejects.toMatchObject({
    type: 'InternalError',
  });
});

async function written(file: string): Promise<void> {
  while (!(existsSync(file) && (await readFile(file, 'utf8')).endsWith('\n')))
    await new Promise((resolve) => setTimeout(resolve, 20));
}
