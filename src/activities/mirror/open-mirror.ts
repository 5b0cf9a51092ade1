import { type FailurePlace, HoldfastError } from '../../core/failures.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import {
  type LeftOutFile,
  type MergedOptions,
  mergeRsyncOptions,
  refusedRsyncOptions,
} from '../../core/rsync/options.js';
import { filterRules } from '../archive/archive-filter.js';
import type { MirrorInput } from '../contract.js';
import { atDestination, requireDestination } from './destination-access.js';
import { type MirrorPaths, mirrorPathsOf } from './mirror-paths.js';
import { type MirrorStateReading, readMirrorState } from './mirror-state.js';
import type { WriteOptions } from './write-options.js';

/** A mirror that a step is about to look at or to change. */
export interface OpenMirror {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly place: Required<FailurePlace>;
  readonly paths: MirrorPaths;
  readonly options: MergedOptions;
  /** Set once it is to be written. */
  readonly writing?: WriteOptions;
  readonly leftOut?: LeftOutFile;
  /** As it was when the step began. */
  readonly before: MirrorStateReading;
}

/** Opens a mirror that rsync is to look at or to change. Throws also ConfigInvalid for options or an exclude file that cannot be used. */
export async function openMirrorForRsync(input: MirrorInput): Promise<OpenMirror> {
  const place = { host: input.host.name, source: input.source.name };
  requireSafeOptions(input.source, place);
  // Without its rules a run would copy what must stay on the host.
  await filterRules(input.source, place);
  return openMirror(input);
}

/** Throws ConfigInvalid for names that cannot be kept, DestinationNotFound when the destination is not there. */
export async function openMirror({ host, source }: MirrorInput): Promise<OpenMirror> {
  const place = { host: host.name, source: source.name };
  const paths = mirrorPathsOf(host, source);
  await requireDestination(paths.base, place);
  const before = await atDestination(paths.base, place, () => readMirrorState(paths));
  requireOwnState(before, source, place);
  return { host, source, place, paths, before, options: optionsOf({ source, paths }) };
}

export const withWriteOptions = (mirror: OpenMirror, writing: WriteOptions): OpenMirror =>
  withOptions({ ...mirror, writing });

export const withLeftOutFile = (mirror: OpenMirror, leftOut: LeftOutFile): OpenMirror =>
  withOptions({ ...mirror, leftOut });

const withOptions = (mirror: OpenMirror): OpenMirror => ({ ...mirror, options: optionsOf(mirror) });

function optionsOf({
  source,
  paths,
  leftOut,
  writing,
}: Pick<OpenMirror, 'source' | 'paths' | 'leftOut' | 'writing'>): MergedOptions {
  return mergeRsyncOptions({
    ...writing,
    ...(source.rsyncPath === undefined ? {} : { rsyncPath: source.rsyncPath }),
    words: source.rsyncOptions,
    exclude: source.exclude,
    ...(source.excludeFile === undefined ? {} : { excludeFile: source.excludeFile }),
    oneFileSystem: source.filters?.oneFileSystem === true,
    ...(leftOut === undefined ? {} : { leftOut }),
    preserveOwnership: source.preserveOwnership,
    workerIsRoot: process.geteuid?.() === 0,
    partialFolder: paths.partialFolder,
  });
}

function requireSafeOptions(source: SourcePlan, place: FailurePlace): void {
  // The way through the configuration is not the only one to a plan.
  const path = source.rsyncPath === undefined ? [] : [`--rsync-path=${source.rsyncPath}`];
  const refused = refusedRsyncOptions([...source.rsyncOptions, ...path]);
  if (refused.length === 0) return;
  const said = refused.map(({ word, reason }) => `${word} (${reason})`).join('; ');
  throw new HoldfastError('ConfigInvalid', `rsync_options has what Holdfast does not pass on: ${said}`, place);
}

function requireOwnState(reading: MirrorStateReading, source: SourcePlan, place: Required<FailurePlace>): void {
  if (reading.kind !== 'known') return;
  const { state } = reading;
  if (state.host === place.host && state.source === source.name) return;
  throw new HoldfastError('DestinationInvalid', `the mirror’s state is of ${state.host}, ${state.source}`, place);
}
