import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { execa } from 'execa';
import { startFleet, type Fleet } from './fleet.js';
import type { FleetHost } from './host.js';
import { system } from './system.js';

interface Answer {
  readonly status: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** ssh(1) to a host of the fleet, as a person would call it. */
async function ssh(host: FleetHost, command: string): Promise<Answer> {
  const { address, port } = host.machine;
  const words = ['-F', 'none', '-i', host.identityFile, '-p', String(port), '-l', host.user];
  const options = [
    'BatchMode=yes',
    'ConnectTimeout=2',
    `UserKnownHostsFile=${host.knownHostsFile}`,
    'GlobalKnownHostsFile=none',
  ];
  const all = [...words, ...options.flatMap((option) => ['-o', option]), address, command];
  const { exitCode, stdout, stderr } = await execa('ssh', all, { reject: false });
  return { status: exitCode, stdout: stdout ?? '', stderr: stderr ?? '' };
}

const remainsOf = async (fleet: Fleet): Promise<string[]> => {
  const name = /holdfast-fleet-(hf\d+[a-z])-/.exec(fleet.directory)?.[1] ?? fleet.directory;
  return remains(name);
};

async function remains(name: string): Promise<string[]> {
  const [links, namespaces, mounts] = await Promise.all([
    system('ip', ['-brief', 'link', 'show']),
    system('ip', ['netns', 'list']),
    readFile('/proc/self/mountinfo', 'utf8'),
  ]);
  const lines = [links, namespaces, mounts].flatMap((text) => text.split('\n'));
  return [...lines, ...(await readdir(tmpdir()))].filter((line) => line.includes(name));
}

test.each(['namespaces', 'loopback'] as const)('hosts by %s have each their own files and faults', async (ground) => {
  const fleet = await startFleet({
    hosts: [undefined, undefined, 'down', 'dark', 'key-refused', 'without-rsync'],
    ground,
  });
  try {
    const [one, two, down, dark, refused, poor] = fleet.hosts as [
      FleetHost,
      FleetHost,
      FleetHost,
      FleetHost,
      FleetHost,
      FleetHost,
    ];
    expect(await ssh(one, `cat '${one.sourcePath}/name'`)).toMatchObject({ status: 0, stdout: 'host-1' });
    expect(await ssh(two, `cat '${two.sourcePath}/name'`)).toMatchObject({ status: 0, stdout: 'host-2' });
    for (const host of [down, dark, refused]) expect((await ssh(host, 'true')).status, host.fault).toBe(255);
    expect((await ssh(poor, 'command -v rsync || command -v tar')).stdout).toMatch(/\/tar$/);
    for (const host of [down, dark, refused, poor]) {
      await host.heal();
      const { status, stderr } = await ssh(host, 'command -v rsync >/dev/null');
      expect(status, `${host.name}: ${stderr}`).toBe(0);
    }
  } finally {
    await fleet.stop();
  }
  expect(await remainsOf(fleet)).toEqual([]);
});

test('a thin line is thin, and a host that dies is back after it', async () => {
  const fleet = await startFleet({ hosts: ['slow', 'dies'] });
  try {
    const [slow, dying] = fleet.hosts as [FleetHost, FleetHost];
    const began = Date.now();
    expect(
      (
        await ssh(
          slow,
          `head -c 2000000 '${slow.sourcePath}/big' | wc -c; head -c 2000000 '${slow.sourcePath}/big' >&2`,
        )
      ).status,
    ).toBe(0);
    expect(Date.now() - began).toBeGreaterThan(1_000);
    expect((await ssh(dying, `cat '${dying.sourcePath}/big'`)).status).toBe(255);
    await expect.poll(async () => (await ssh(dying, 'true')).status, { timeout: 10_000 }).toBe(0);
    expect(dying.deaths).toBe(1);
  } finally {
    await fleet.stop();
  }
});

test('a fleet by hand prints a configuration, and Ctrl-C removes all of it', async () => {
  const owner = startByHand('2', '--faults', 'down');
  const yaml = parse(await owner.printed) as { readonly hosts: Record<string, unknown> };
  expect(Object.keys(yaml.hosts)).toEqual(['host-1', 'host-2']);
  expect((await remains(owner.name)).length).toBeGreaterThan(3);
  owner.kill('SIGINT');
  expect(await owner.ended).toBe(0);
  expect(await remains(owner.name)).toEqual([]);
  expect(await sshdsOf(owner.name)).toEqual([]);
});

test('what a killed process left is removed by the next fleet', async () => {
  const owner = startByHand('3', '--faults', 'destination-full');
  await owner.printed;
  owner.kill('SIGKILL');
  await owner.ended;
  const { name } = owner;
  expect((await remains(name)).length).toBeGreaterThan(4);
  expect(await sshdsOf(name)).not.toEqual([]);

  const next = await startFleet({ hosts: [undefined] });
  try {
    expect(await remains(name)).toEqual([]);
    expect(await sshdsOf(name)).toEqual([]);
  } finally {
    await next.stop();
  }
});

/** `test/fleet.ts` as a process of its own. */
function startByHand(...words: string[]) {
  const script = fileURLToPath(new URL('../../fleet.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const printed = new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (text: Buffer) => resolve(text.toString()));
    void ended.then((code) => reject(new Error(`it ended with ${code}`)));
  });
  return { name: `hf${child.pid}a`, printed, ended, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

async function sshdsOf(name: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((one) => /^\d+$/.test(one));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
  return lines.filter((line) => line.includes(`holdfast-fleet-${name}-`));
}
