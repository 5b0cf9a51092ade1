import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { resultOf } from '../../src/client/runs/workflow-results.js';
import { choosePorts, launchServer } from '../../src/client/embedded/launch.js';
import { endProcess } from '../../src/client/processes.js';
import { findTemporal } from '../../src/client/embedded/temporal-binary.js';
import type { FleetBackupResult } from '../../src/workflows/messages.js';
import { hostPlan } from '../support/plans.js';
import { recordActivities } from '../support/recorded-activities.js';
import { workflowBundle } from '../support/temporal.js';
import { median } from './measure.js';

const HOSTS = 1_000;
const PARALLEL_HOSTS = 100;

/**
 * What a host costs beside its data: a whole fleet run on the embedded server (its database in a file, as `holdfast up` starts it), every
 * step of every host a real Activity or local Activity, which does nothing.
 */
export async function fanOut(directory: string, rounds: number): Promise<string> {
  const stateDir = join(directory, 'fan-out');
  await mkdir(stateDir, { mode: 0o700 });
  const temporal = await findTemporal({ note: () => undefined });
  const server = await launchServer(temporal, stateDir, await choosePorts(undefined));
  if (server === 'taken') throw new Error(`another server has ${stateDir}`);
  const runs: Run[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const run = await oneRun(server, round);
      runs.push(run);
      process.stderr.write(`  round ${round + 1}: ${HOSTS} hosts ${run.seconds.toFixed(1)} s\n`);
    }
  } finally {
    await endProcess(server.pid, 10_000);
    await rm(stateDir, { recursive: true, force: true });
  }
  const perHostMs = (of: (run: Run) => number): string => ((median(runs.map(of)) / HOSTS) * 1000).toFixed(1);
  return [
    `**fan-out, ${HOSTS} hosts, ${PARALLEL_HOSTS} at a time, embedded server** (${rounds} rounds)`,
    '',
    `${perHostMs(({ seconds }) => seconds)} ms per host; processor time ${perHostMs(({ workerSeconds }) => workerSeconds)} ms in the worker, ` +
      `${perHostMs(({ serverSeconds }) => serverSeconds)} ms in the server.`,
    '',
  ].join('\n');
}

interface Run {
  readonly seconds: number;
  /** Processor time, which says more than the clock on a machine that does other things too. */
  readonly workerSeconds: number;
  readonly serverSeconds: number;
}

async function oneRun(
  { address, pid }: { readonly address: string; readonly pid: number },
  round: number,
): Promise<Run> {
  const hosts = Array.from({ length: HOSTS }, (_, number) => hostPlan({ name: `host-${round}-${number}` }));
  const connection = await NativeConnection.connect({ address });
  const clientConnection = await Connection.connect({ address });
  const taskQueue = `fan-out-${round}`;
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: recordActivities(hosts).activities,
    maxConcurrentActivityTaskExecutions: 8 * availableParallelism(),
  });
  try {
    return await worker.runUntil(async () => {
      const input = {
        configPath: '/etc/holdfast/config.yaml',
        plan: 'bench',
        selection: { hosts: [], sources: [], tags: [] },
        options: { dryRun: false, full: false, approve: false },
        parallelHosts: PARALLEL_HOSTS,
      };
      const start = performance.now();
      const used = process.cpuUsage();
      const serverUsed = await processorSecondsBelow(pid);
      const handle = await new Client({ connection: clientConnection }).workflow.start('fleetBackup', {
        taskQueue,
        workflowId: `backup/bench/${round}`,
        args: [input],
      });
      const result = await resultOf<FleetBackupResult>(handle);
      if (result.counts.ok !== HOSTS) throw new Error(`not all hosts were ok: ${JSON.stringify(result.counts)}`);
      const { user, system } = process.cpuUsage(used);
      return {
        seconds: (performance.now() - start) / 1000,
        workerSeconds: (user + system) / 1e6,
        serverSeconds: (await processorSecondsBelow(pid)) - serverUsed,
      };
    });
  } finally {
    await clientConnection.close();
    await connection.close();
  }
}

const TICKS_PER_SECOND = 100;

/** Of a process and its children (the server runs below `flock`), from proc_pid_stat(5). */
async function processorSecondsBelow(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean);
  const ticks = await Promise.all([pid, ...children.map(Number)].map(processorTicks));
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
}

async function processorTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
