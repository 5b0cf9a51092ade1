import { setHandler, workflowInfo } from '@temporalio/workflow';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import { failure, type Failure } from '../../core/failures.js';
import { worstStatus, type Status } from '../../core/statuses.js';
import { local, step, transfer } from '../activity-profiles.js';
import { conclude } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import {
  hostProgressQuery,
  type HostSnapshotsInput,
  type HostSnapshotsResult,
  type SnapshotOutcome,
} from '../messages.js';
import { bytesOf } from '../payload-budget.js';
import { markSubject } from '../run-search-attributes.js';
import { isCancelled } from '../scopes.js';
import { outcomeOf, outcomeWithout } from './snapshot-outcome.js';

/**
 * Makes and removes the snapshots of one host's mirrors. It bears the Workflow ID of the host's backups, `host/<host>`: while it runs no backup changes the mirrors,
 * and while a backup runs it is not begun.
 */
export async function hostSnapshots(input: HostSnapshotsInput): Promise<HostSnapshotsResult> {
  const ended: SnapshotOutcome[] = [];
  let stopped: Failure | undefined;
  let doing = 'reading the configuration';
  setHandler(hostProgressQuery, () => ({ host: input.host, doing, sources: [] }));
  markSubject({ host: input.host });
  try {
    const { configPath, host: name, selection } = input;
    const host = await step(`read what the configuration says of ${name}`, local.loadHost, {
      configPath,
      host: name,
      selection,
    });
    for (const source of host.sources.filter((one) => takesPart(one, input))) {
      if (isCancelled()) break;
      doing = `${source.name}: snapshots`;
      ended.push(await snapshotsOf(host, source, input));
    }
    if (isCancelled()) stopped = failure('Cancelled', 'The run was cancelled.', { host: name });
  } catch (error) {
    stopped = failureOfActivity(error, { host: input.host });
  }
  return conclude<HostSnapshotsResult>({
    kind: 'host-snapshots',
    host: input.host,
    status: worstStatus([...statusOf(stopped), ...ended.map(({ status }) => status)]),
    ...(stopped === undefined ? {} : { failure: stopped }),
    sources: fitted(ended),
  });
}

/** Mirrors that the configuration asks snapshots for, and those that are asked about by name although it no longer does. */
export const takesPart = (
  { engine, snapshots }: SourcePlan,
  { volume, make, remove }: Pick<HostSnapshotsInput, 'volume' | 'make' | 'remove'>,
): boolean => {
  if (engine !== 'mirror' || (volume !== undefined && snapshots?.volume !== volume)) return false;
  const isNamed = (what: string | readonly string[]): boolean => typeof what !== 'string' && what.length > 0;
  return snapshots !== undefined || isNamed(make) || isNamed(remove);
};

/** Lists for people give way where many mirrors have much to tell. */
const fitted = (outcomes: readonly SnapshotOutcome[]): readonly SnapshotOutcome[] =>
  bytesOf(outcomes) <= HOST_BYTES
    ? outcomes
    : outcomes.map((one) => ({
        ...one,
        made: [],
        problems: one.problems.slice(0, 1),
        notes: [],
        removed: { ...one.removed, first: [] },
      }));
const HOST_BYTES = 48 * 1024;

async function snapshotsOf(host: HostPlan, source: SourcePlan, input: HostSnapshotsInput): Promise<SnapshotOutcome> {
  const place = { host: host.name, source: source.name };
  try {
    const { workflowId, runId } = workflowInfo();
    const result = await step(`${source.name}: snapshots`, transfer.snapshotMirror, {
      host: { ...host, sources: [] },
      source,
      run: { workflowId, runId },
      make: input.make,
      remove: input.remove,
    });
    return outcomeOf(place, result);
  } catch (error) {
    return outcomeWithout(place, failureOfActivity(error, place));
  }
}

const statusOf = (stopped: Failure | undefined): Status[] =>
  stopped === undefined ? [] : [stopped.type === 'Cancelled' ? 'cancelled' : 'failed'];
