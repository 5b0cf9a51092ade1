import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectEmbedded, type TemporalConnection } from '../../src/client/connection.js';
import { runningServer } from '../../src/client/embedded/record.js';
import { endProcess } from '../../src/client/processes.js';
import { compareTrees } from '../../src/demo/compare-trees.js';
import { demoConfig } from '../../src/demo/demo-config.js';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { hostBackupWorkflowId } from '../../src/core/ids.js';
import { hostProgressQuery, type FleetBackupResult } from '../../src/workflows/messages.js';
import { runCli, startCli, type RunningCli } from '../support/cli.js';

const MEBIBYTE = 1024 * 1024;

let root: string;
let environment: { readonly HOLDFAST_STATE_DIR: string };
let config: string;
let data: string;
let host: LoopbackHost;
let commands: RunningCli[];
let connection: TemporalConnection | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-killed-'));
  environment = { HOLDFAST_STATE_DIR: join(root, 'state') };
  config = join(root, 'holdfast.yaml');
  data = join(root, 'data');
  commands = [];
  await mkdir(join(root, 'ssh'), { mode: 0o700 });
  host = await startLoopbackHost({ name: 'web1', directory: join(root, 'ssh') });
  await growData();
  await mkdir(join(root, 'backups', 'vault'), { recursive: true });
  const source = { host: 'web1', source: 'data', engine: 'archive', path: data } as const;
  await writeFile(config, demoConfig(join(root, 'backups'), [host], [source]), { mode: 0o600 });
});

afterEach(async () => {
  await leaveServer();
  for (const command of commands) command.kill('SIGKILL');
  await Promise.all(commands.map((command) => command.ended));
  const server = runningServer(environment.HOLDFAST_STATE_DIR);
  if (server) await endProcess(server.pid, 10_000);
  await host.stop();
  await rm(root, { recursive: true, force: true });
});

/** Some shards' worth of files that do not compress. */
async function growData(): Promise<void> {
  for (let directory = 0; directory < 10; directory += 1) {
    await mkdir(join(data, `directory-${directory}`), { recursive: true });
    for (let file = 0; file < 25; file += 1)
      await writeFile(join(data, `directory-${directory}`, `file-${file}`), randomBytes(2 * MEBIBYTE));
  }
}

async function up(): Promise<RunningCli> {
  const cli = startCli(['up'], environment);
  commands.push(cli);
  await cli.until(/^Ready: /m);
  return cli;
}

type Summary = FleetBackupResult & { readonly message_type: 'summary' };

const summaryOf = (output: string): Summary => JSON.parse(output.trim().split('\n').at(-1) ?? '') as Summary;

/** Returns when one shard is stored and others are on their way. */
async function inMidTransfer({ client }: TemporalConnection): Promise<void> {
  const handle = client.workflow.getHandle(hostBackupWorkflowId('web1'));
  for (;;) {
    const progress = await handle.query(hostProgressQuery).catch(() => undefined);
    const source = progress?.sources[0];
    if (!source || source.shardsDone === 0) continue;
    expect(source.shardsDone).toBeLessThan(source.shardsTotal);
    return;
  }
}

/** Both ways end all there is; the run's state is in the database, its data in the destination. */
const WAYS = {
  'killed with its server and client': async (up, client): Promise<void> => {
    const server = runningServer(environment.HOLDFAST_STATE_DIR)?.pid ?? 0;
    for (const pid of [up.pid, client.pid, server]) process.kill(pid, 'SIGKILL');
    await Promise.all([up.ended, client.ended]);
  },
  'stopped by SIGTERM': async (up, client): Promise<void> => {
    client.kill('SIGKILL');
    await client.ended;
    await leaveServer();
    up.kill('SIGTERM');
    expect(await up.ended).toBe(0);
    expect(runningServer(environment.HOLDFAST_STATE_DIR)).toBeUndefined();
  },
} as const satisfies Record<string, (up: RunningCli, client: RunningCli) => Promise<void>>;

test.each(Object.entries(WAYS))(
  'a run whose worker is %s in mid-transfer is finished by the next up, as if undisturbed',
  async (_name, end) => {
    const first = await up();
    connection = await connectEmbedded({
      requireWorker: false,
      note: () => {},
      stateDir: environment.HOLDFAST_STATE_DIR,
    });
    const client = startCli(['--config', config, '--json', 'backup'], environment);
    commands.push(client);
    const [, workflowId] = await client.until(/"workflow_id":"(backup[^"]+)"/);
    await inMidTransfer(connection);
    await end(first, client);
    await leaveServer();

    await up();
    const finished = await holdfast('runs', 'attach', workflowId ?? '');
    const restored = join(root, 'restored');
    await holdfast('restore', '--host', 'web1', '--source', 'data', '--target', restored);
    const undisturbed = await holdfast('backup', '--full');

    expect(whatMatters(finished)).toEqual(whatMatters(undisturbed));
    expect((await compareTrees(data, restored)).differences).toEqual([]);
  },
  300_000,
);

async function leaveServer(): Promise<void> {
  await connection?.stop();
  connection = undefined;
}

/** Runs a command that must succeed, and gives its summary. */
async function holdfast(...args: readonly string[]): Promise<Summary> {
  const { exit, stdout, stderr } = await runCli(['--config', config, '--json', ...args], environment);
  expect(exit, stdout + stderr).toBe(0);
  return summaryOf(stdout);
}

function whatMatters({ status, counts, backupsMade, hosts }: Summary): unknown {
  const sources = hosts.flatMap((each) =>
    each.sources.map(({ source, level, entries, sourceBytes, flaws }) => ({
      source,
      level,
      entries,
      sourceBytes,
      flaws,
    })),
  );
  return { status, counts, backupsMade, sources };
}
