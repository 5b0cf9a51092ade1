import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { resultOf } from '../../src/client/workflow-results.js';
import { choosePorts, launchServer } from '../../src/client/embedded-launch.js';
import { endProcess } from '../../src/client/processes.js';
import { findTemporal } from '../../src/client/temporal-binary.js';
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
  const seconds: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      seconds.push(await oneRun(server.address, round));
      process.stderr.write(`  round ${round + 1}: ${HOSTS} hosts ${seconds.at(-1)?.toFixed(1)} s\n`);
    }
  } finally {
    await endProcess(server.pid, 10_000);
    await rm(stateDir, { recursive: true, force: true });
  }
  const perHostMs = (median(seconds) / HOSTS) * 1000;
  return [
    `**fan-out, ${HOSTS} hosts, ${PARALLEL_HOSTS} at a time, embedded server** (${rounds} rounds)`,
    '',
    `${median(seconds).toFixed(1)} s in all, ${perHostMs.toFixed(1)} ms per host.`,
    '',
  ].join('\n');
}

async function oneRun(address: string, round: number): Promise<number> {
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
      const handle = await new Client({ connection: clientConnection }).workflow.start('fleetBackup', {
        taskQueue,
        workflowId: `backup/bench/${round}`,
        args: [input],
      });
      const result = await resultOf<FleetBackupResult>(handle);
      if (result.counts.ok !== HOSTS) throw new Error(`not all hosts were ok: ${JSON.stringify(result.counts)}`);
      return (performance.now() - start) / 1000;
    });
  } finally {
    await clientConnection.close();
    await connection.close();
  }
}
