import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ActivityControl, Providers } from '../../src/activities/activity-control.js';
import type { RunScriptInput } from '../../src/activities/contract.js';
import { probeHost, runScript } from '../../src/activities/hosts.js';
import type { Engine, ScriptPlan, SourcePlan } from '../../src/core/plan.js';
import { startLoopbackHost } from '../../src/demo/loopback-host.js';
import type { LoopbackHost } from '../../src/demo/loopback-host.js';
import { LocalRunner } from '../../src/providers/remote/local-runner.js';
import { SshConfigFiles } from '../../src/providers/remote/ssh-config-file.js';
import { remoteShell, SshRunner } from '../../src/providers/remote/ssh-runner.js';
import { processGone } from '../support/script-runs.js';
import { providersWith } from '../support/providers.js';

const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

let directory: string;
let scriptsDir: string;
let host: LoopbackHost;
let providers: Providers;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  scriptsDir = join(directory, 'scripts');
  await mkdir(scriptsDir);
  host = await startLoopbackHost({ name: 'alpha', directory });
  const configs = new SshConfigFiles(join(directory, 'runtime'), []);
  providers = providersWith({
    runnerFor: (plan) => new SshRunner(plan, configs),
    localRunner: new LocalRunner(),
    remoteShellFor: async (plan) => remoteShell(plan, configs),
    seenDirectory: directory,
    spoolDirectory: directory,
    machineTaskQueue: 'test',
    holdfastVersion: '0',
  });
});

afterAll(async () => {
  await host.stop();
  await rm(directory, { recursive: true });
});

function control(signal = new AbortController().signal): ActivityControl {
  return { signal, attempt: 1, attemptToken: 'a', progress: () => undefined, log: () => undefined };
}

function source(name: string, path: string, more: Partial<SourcePlan> = {}): SourcePlan {
  return {
    name,
    path,
    engine: 'archive',
    destination: { name: 'd', type: 'local', path: '/nowhere' },
    exclude: [],
    rsyncOptions: [],
    preserveOwnership: true,
    maxDeletePercent: 50,
    levels: { noIncremental: false, maxLevel: 6 },
    archive: { shardSizeBytes: 1, compressionLevel: 3, parallelShards: 1 },
    tags: [],
    timeoutMs: 60_000,
    ...more,
  };
}

describe('probeHost', () => {
  test('tells tools, clock and the state of every source, whatever its path holds', async () => {
    const odd = join(directory, `it's "odd" $HOME;\n é`);
    await mkdir(odd);
    await writeFile(join(directory, 'file'), '');
    await symlink('/nowhere at all', join(directory, 'dangling'));
    await symlink(odd, join(directory, 'link'));
    const paths = { odd, file: join(directory, 'file'), gone: join(directory, 'gone'), root: '/' };
    const links = { dangling: join(directory, 'dangling'), link: join(directory, 'link') };
    const sources = Object.entries({ ...paths, ...links }).map(([name, path], number) => ({
      ...source(name, path),
      engine: number === 0 ? ('archive' as const) : ('mirror' as const),
    }));
    const result = await probeHost(providers, control(), { host: host.plan(sources) });
    expect(result.sources.map(({ source: name, state }) => [name, state])).toEqual([
      ['odd', 'directory'],
      ['file', 'not-directory'],
      ['gone', 'missing'],
      ['root', 'directory'],
      ['dangling', 'missing'],
      ['link', 'directory'],
    ]);
    for (const tool of ['tar', 'find', 'sort', 'rsync']) expect(result.tools[tool]).toMatch(/^\d+\.\d+/);
    const mirrors = await probeHost(providers, control(), {
      host: host.plan([{ ...source('www', odd), engine: 'mirror' }]),
    });
    expect(Object.keys(mirrors.tools)).toEqual(['rsync']);
    // Both clocks are this machine's.
    expect(Math.abs(result.clockSkewMs ?? Number.NaN)).toBeLessThan(5_000);
    expect(result.roundTripMs).toBeGreaterThan(0);
  });

  describe('on a host whose tar is another and which has no rsync', () => {
    let poor: LoopbackHost;
    beforeAll(async () => {
      const bin = join(directory, 'bin');
      await mkdir(bin);
      for (const tool of ['head', 'setsid', 'env', 'sh', 'cat', 'date', 'find', 'sort', 'ls', 'sleep']) {
        await symlink(`/usr/bin/${tool}`, join(bin, tool));
      }
      await writeFile(join(bin, 'tar'), '#!/bin/sh\necho bsdtar 3.7.2\n', { mode: 0o755 });
      await mkdir(join(directory, 'poor'));
      const sshdOptions = [`ForceCommand PATH=${bin}; eval "$SSH_ORIGINAL_COMMAND"`];
      poor = await startLoopbackHost({ name: 'poor', directory: join(directory, 'poor'), sshdOptions });
    });
    afterAll(() => poor.stop());

    const probe = (...engines: Engine[]) =>
      probeHost(providers, control(), { host: poor.plan(engines.map((engine) => source(engine, '/', { engine }))) });

    test('no source can be backed up, and the message says what is wrong', async () => {
      await expect(probe('archive', 'mirror')).rejects.toMatchObject({
        type: 'ToolMissing',
        message: 'poor: tar is not the GNU one, it says "bsdtar 3.7.2"',
      });
    });
  });

  test('fails as the login does', async () => {
    const plan = host.plan([]);
    const stranger = { ...plan, ssh: { ...plan.ssh, options: { UserKnownHostsFile: '/dev/null' } } };
    await expect(probeHost(providers, control(), { host: stranger })).rejects.toMatchObject({ type: 'HostKeyUnknown' });
  });
});

describe.each(['host', 'worker'] as const)('runScript on the %s', (runOn) => {
  function input(name: string, more: Partial<ScriptPlan> = {}, phase: 'pre' | 'post' = 'pre'): RunScriptInput {
    const script: ScriptPlan = { name, scriptsDir, runOn, timeoutMs: 60_000, ...more };
    return {
      host: host.plan([]),
      source: source('etc', '/etc', phase === 'pre' ? { preScript: script } : { postScript: script }),
      phase,
      run: { workflowId: 'host/alpha', runId: 'run-1' },
      ...(phase === 'post' ? { status: 'warning' } : {}),
    };
  }
  const run = (given: RunScriptInput, signal?: AbortSignal) => runScript(providers, control(signal), given);
  const put = (name: string, text: string) => writeFile(join(scriptsDir, name), text);

  test('a script gets its place in the run as variables, and what it prints comes back', async () => {
    await put('facts.sh', 'env | grep ^HOLDFAST_ | sort\necho "$0" >/dev/stderr\numask\ncat\n');
    const { output, exitCode } = await run(input('facts', {}, 'post'));
    expect(exitCode).toBe(0);
    const variables = ['HOST=alpha', 'PATH=/etc', 'PHASE=post', 'RUN_ID=run-1', 'SOURCE=etc', 'STATUS=warning'];
    for (const variable of variables) expect(output).toContain(`HOLDFAST_${variable}\n`);
    expect(output).toMatch(/\/facts\n0022\n$/);
  });

  test('its #! line counts, and NAME comes before NAME.sh', async () => {
    await put('which.sh', 'echo wrong');
    await put('which', '#!/usr/bin/env -S awk -f\nBEGIN { print "awk: it\'s é" }\n');
    expect((await run(input('which'))).output).toBe("awk: it's é\n");
  });

  test('any status but 0 is HookFailed with the last lines of its output', async () => {
    await put('fails', 'seq 1 100; echo "disk is full" >&2; exit 7');
    await expect(run(input('fails'))).rejects.toMatchObject({
      type: 'HookFailed',
      message: matching(/fails ended with status 7: 92\n[^]*\n100\ndisk is full$/),
      place: { host: 'alpha', source: 'etc' },
    });
  });

  test('a program that is not there is HookFailed and says so', async () => {
    await put('no-interpreter', '#!/no/such/program\n');
    const failed = { type: 'HookFailed', message: matching(/127: .*\/no\/such\/program/) };
    await expect(run(input('no-interpreter'))).rejects.toMatchObject(failed);
  });

  test('one that does not exist is HookNotFound with the places looked at', async () => {
    const message = containing(`${scriptsDir}/absent nor at ${scriptsDir}/absent.sh`);
    await expect(run(input('absent'))).rejects.toMatchObject({ type: 'HookNotFound', message });
  });

  test.each(['../facts.sh', '/etc/passwd', '-x', '.hidden', '', 'a\nb'])('the name %j is refused', async (name) => {
    await expect(run(input(name))).rejects.toMatchObject({ type: 'ConfigInvalid' });
  });

  test('100 MB of output leave its last 4 KiB and no memory taken', async () => {
    await put('flood', 'head -c 100000000 /dev/zero | tr "\\0" "é"; echo; echo end');
    const before = process.memoryUsage.rss();
    const { output } = await run(input('flood'));
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(4096);
    expect(output.endsWith('\nend\n')).toBe(true);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('at its time limit it is killed with its whole group, and is HookTimedOut', async () => {
    const pidFile = join(directory, `${runOn}.pid`);
    await put('hangs', `sleep 1000 & echo $! >'${pidFile}'; wait`);
    await expect(run(input('hangs', { timeoutMs: 5_000 }))).rejects.toMatchObject({
      type: 'HookTimedOut',
      message: containing('longer than 5 s'),
    });
    await processGone(Number(await readFile(pidFile, 'utf8')));
  });

  test('cancelled it is killed, and is Cancelled', async () => {
    await put('waits', 'sleep 1000');
    await expect(run(input('waits'), AbortSignal.timeout(1_000))).rejects.toMatchObject({ type: 'Cancelled' });
  });

  test('what it leaves running in the background lives on and holds nothing up', async () => {
    const pidFile = join(directory, `${runOn}.daemon`);
    await put('starts-a-daemon', `sleep 1000 & echo $! >'${pidFile}'; echo started`);
    expect((await run(input('starts-a-daemon'))).output).toBe('started\n');
    const pid = Number(await readFile(pidFile, 'utf8'));
    process.kill(pid, 'SIGKILL');
    await processGone(pid);
  });
});
