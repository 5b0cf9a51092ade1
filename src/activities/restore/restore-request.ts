import { realpath } from 'node:fs/promises';
import { HoldfastError } from '../../core/failures.js';
import type { DestinationPlan, HostPlan, SourcePlan } from '../../core/plan.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { RestoreRequest } from '../contract.js';
import { selectSource } from '../../config/selection.js';
import { loadHost } from '../plan.js';

/** What a request names, as the configuration has it. */
export interface RequestedSource {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  /** Undefined: this machine. */
  readonly targetHost?: HostPlan;
  /** As asked for, not resolved. */
  readonly targetPath: string;
  /** The target is the source's own place. */
  readonly inPlace: boolean;
}

/** Throws HostNotInConfig, SourceNotInConfig, ConfigInvalid. */
export async function resolveRequest(
  providers: Providers,
  control: ActivityControl,
  request: RestoreRequest,
): Promise<RequestedSource> {
  const { configPath, target } = request;
  const load = (host: string): Promise<HostPlan> =>
    loadHost(providers, control, { configPath, host, selection: { hosts: [host], sources: [], tags: [] } });
  const host = await load(request.host);
  const source = selectSource(host, request.source);
  if (target.kind === 'local') return { host, source, targetPath: target.path, inPlace: false };
  const targetHost = target.host === host.name ? host : await load(target.host);
  if (target.path === undefined && source.dump !== undefined) {
    const message = `a dump has no place on ${target.host} to go back to: name a directory there (${target.host}:/DIRECTORY)`;
    throw new HoldfastError('RestoreTargetInvalid', message, { host: host.name, source: source.name });
  }
  const targetPath = target.path ?? source.path;
  return { host, source, targetHost, targetPath, inPlace: targetHost === host && targetPath === source.path };
}

/** Directories of this machine that hold backups: never to be restored into. */
export async function localFolders({ source, targetHost }: RequestedSource): Promise<string[]> {
  return targetHost === undefined ? folderOf(source.destination) : [];
}

async function folderOf(destination: DestinationPlan): Promise<string[]> {
  return destination.type === 'local' ? [await realpath(destination.path)] : [];
}
