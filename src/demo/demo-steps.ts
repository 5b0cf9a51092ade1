import { randomBytes } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { TemporalConnection } from '../client/connection.js';
import { resultOf } from '../client/runs/workflow-results.js';
import { HoldfastError } from '../core/failures.js';
import { fleetBackupWorkflowId, restoreWorkflowId, TASK_QUEUE } from '../core/ids.js';
import {
  WORKFLOW,
  type FleetBackupInput,
  type FleetBackupResult,
  type RestoreInput,
  type RestoreResult,
} from '../workflows/messages.js';
import { compareTrees, type Comparison } from './compare-trees.js';
import type { DemoSource } from './demo-config.js';
import type { DemoWorld } from './demo-world.js';

const nonce = (): string => randomBytes(3).toString('hex');

/** Backs up the whole demo fleet by the same Workflow that `holdfast backup` starts. Throws unless all of it is ok. */
export async function backUp(connection: TemporalConnection, world: DemoWorld): Promise<FleetBackupResult> {
  const input: FleetBackupInput = {
    configPath: world.configPath,
    plan: 'demo',
    selection: { hosts: [], sources: [], tags: [] },
    options: { dryRun: false, full: false, approve: false },
    parallelHosts: world.hosts.length,
  };
  const result = await execute<FleetBackupResult>(
    connection,
    WORKFLOW.fleetBackup,
    fleetBackupWorkflowId('demo', Date.now(), nonce()),
    input,
  );
  if (result.status !== 'ok')
    throw new HoldfastError(
      'InternalError',
      `The backup ended as ${result.status}:\n${JSON.stringify(result, null, 2)}`,
    );
  return result;
}

/** Restores a point of a source into a new directory, by the Workflow that `holdfast restore` starts. Throws unless it is ok. */
export async function restore(
  connection: TemporalConnection,
  world: DemoWorld,
  { host, source }: DemoSource,
  point: string,
  backupId: string | undefined,
): Promise<string> {
  const path = join(world.root, 'restored', point, host, source);
  await mkdir(path, { recursive: true });
  const input: RestoreInput = {
    request: {
      configPath: world.configPath,
      host,
      source,
      point: backupId === undefined ? { latest: true } : { backupId },
      include: [],
      target: { kind: 'local', path, machine: hostname() },
      overwrite: 'changed',
      delete: false,
      dryRun: false,
      unfinished: false,
    },
  };
  const result = await execute<RestoreResult>(
    connection,
    WORKFLOW.restore,
    restoreWorkflowId(host, source, nonce()),
    input,
  );
  if (result.status !== 'ok')
    throw new HoldfastError(
      'InternalError',
      `The restore ended as ${result.status}:\n${JSON.stringify(result, null, 2)}`,
      { host, source },
    );
  return path;
}

/** Compares a restored tree with the copy of that point; a sparse file of an archive must still be one. */
export async function compare(
  world: DemoWorld,
  source: DemoSource,
  point: string,
  restored: string,
): Promise<Comparison> {
  const comparison = await compareTrees(world.copyOf(point, source), restored);
  const { blocks, size } = await stat(join(restored, 'disk.img'));
  const sparse = blocks * 512 < size / 2 || source.engine === 'mirror';
  return sparse
    ? comparison
    : { ...comparison, differences: [...comparison.differences, 'disk.img is not sparse any more'] };
}

async function execute<Result>(
  { client }: TemporalConnection,
  type: string,
  workflowId: string,
  input: unknown,
): Promise<Result> {
  return resultOf<Result>(await client.workflow.start(type, { taskQueue: TASK_QUEUE, workflowId, args: [input] }));
}
