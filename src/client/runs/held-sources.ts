import type { ApprovedDoubt } from '../../core/guard/approval.js';
import { HoldfastError } from '../../core/failures.js';
import type {
  FleetBackupResult,
  HostBackupResult,
  HostSummary,
  PruneDestinationResult,
  PruneResult,
} from '../../workflows/messages.js';
import type { TemporalConnection } from '../connection.js';
import { resultOf } from './workflow-results.js';

export interface Place {
  readonly host: string;
  readonly source?: string;
}

/** A source that a run which has ended left held. */
export interface LeftHeld {
  readonly host: string;
  readonly source: string;
  readonly message: string;
  readonly doubt?: ApprovedDoubt;
}

export type HeldResult = FleetBackupResult | HostBackupResult | PruneResult | PruneDestinationResult;

/** Those of the places asked for; all of them when none is. */
export async function heldIn(
  connection: TemporalConnection,
  result: HeldResult,
  places: readonly Place[],
): Promise<LeftHeld[]> {
  const held = (await allHeldIn(connection, result)).filter((one) => isAsked(one, places));
  const missed = places.find((place) => !held.some((one) => isAsked(one, [place])));
  if (missed !== undefined || held.length === 0) {
    const where = missed === undefined ? 'The run' : [missed.host, missed.source].filter(Boolean).join(':');
    throw new HoldfastError('ApprovalRefused', `${where} has nothing that is held.`);
  }
  return held;
}

const isAsked = (held: LeftHeld, places: readonly Place[]): boolean =>
  places.length === 0 ||
  places.some(({ host, source }) => host === held.host && (source === undefined || source === held.source));

async function allHeldIn(connection: TemporalConnection, result: HeldResult): Promise<LeftHeld[]> {
  switch (result.kind) {
    case 'fleet-backup': {
      const hosts = result.hosts.filter(({ sources, status, sourcesTotal }) =>
        sources.length === sourcesTotal ? sources.some((source) => source.status === 'held') : status === 'held',
      );
      return (await Promise.all(hosts.map((host) => heldOfHost(connection, host)))).flat();
    }
    case 'host-backup':
      return heldOf(result.host, result.sources);
    case 'prune':
      return result.destinations.flatMap((one) => heldOfPrune(one));
    case 'prune-destination':
      return heldOfPrune(result);
  }
}

/** A large fleet’s result does not name all sources: the host’s own does. */
async function heldOfHost(connection: TemporalConnection, host: HostSummary): Promise<LeftHeld[]> {
  if (host.sources.length === host.sourcesTotal) return heldOf(host.host, host.sources);
  const own = await resultOf<HostBackupResult>(connection.client.workflow.getHandle(host.workflowId, host.runId));
  return heldOf(host.host, own.sources);
}

const heldOf = (host: string, sources: HostSummary['sources'] | HostBackupResult['sources']): LeftHeld[] =>
  sources
    .filter(({ status }) => status === 'held')
    .map(({ source, failure, doubt }) => ({
      host,
      source,
      message: failure?.message ?? 'Held.',
      ...(doubt === undefined
        ? {}
        : {
            doubt: {
              reasons: doubt.reasons,
              deletions: doubt.deletions,
              ...(doubt.fileSystem === undefined ? {} : { fileSystem: doubt.fileSystem }),
            },
          }),
    }));

const heldOfPrune = ({ sources }: PruneDestinationResult): LeftHeld[] =>
  sources
    .filter(({ status }) => status === 'held')
    .map(({ host, source, failure }) => ({ host, source, message: failure?.message ?? 'Held.' }));
