import { HoldfastError } from '../core/failures.js';
import type { HostPlan, Selection, SourcePlan } from '../core/plan.js';
import { suggestion } from './nearest.js';
import { shown } from './problems.js';

/**
 * Hosts of a configuration with the sources that a selection takes, in the file's order; hosts of which nothing is left are left out.
 * A source is taken when its host is named (or none is), its name is (or none is), and one of its tags is (or none is).
 *
 * Throws HostNotInConfig and SourceNotInConfig for names that nothing bears, and SourceNotInConfig when nothing at all is left:
 * a mistyped name must not become a run that is green because it did nothing.
 */
export function selectHosts(hosts: readonly HostPlan[], selection: Selection): HostPlan[] {
  const named = hosts.filter(({ name }) => isTaken(selection.hosts, name));
  refuseUnknownHosts(hosts, selection);
  refuseUnknownSources(named, selection);
  const selected = named
    .map((host) => ({ ...host, sources: host.sources.filter((source) => takes(selection, source)) }))
    .filter(({ sources }) => sources.length > 0);
  if (selected.length === 0)
    throw new HoldfastError('SourceNotInConfig', `No source matches ${selectionText(selection)}.`);
  return selected;
}

/** The one host, with the sources that the selection takes of it; none is no mistake here, the run as a whole was checked. */
export function selectHost(hosts: readonly HostPlan[], name: string, selection: Selection): HostPlan {
  const host = hosts.find((candidate) => candidate.name === name);
  if (host === undefined) throw hostUnknown(name, hosts);
  return { ...host, sources: host.sources.filter((source) => takes(selection, source)) };
}

/** One source by name. */
export function selectSource(host: HostPlan, name: string): SourcePlan {
  const source = host.sources.find((candidate) => candidate.name === name);
  if (source) return source;
  const names = host.sources.map((candidate) => candidate.name);
  throw new HoldfastError(
    'SourceNotInConfig',
    `Host ${host.name} has no source ${shown(name)}; ${suggestion(name, names)}.`,
    { host: host.name },
  );
}

const isTaken = (wanted: readonly string[], name: string): boolean => wanted.length === 0 || wanted.includes(name);

/** The same for one source. */
export const takesSource = (selection: Selection, host: HostPlan, source: SourcePlan): boolean =>
  isTaken(selection.hosts, host.name) && takes(selection, source);

const takes = ({ sources, tags }: Selection, source: SourcePlan): boolean =>
  isTaken(sources, source.name) && (tags.length === 0 || source.tags.some((tag) => tags.includes(tag)));

function refuseUnknownHosts(hosts: readonly HostPlan[], selection: Selection): void {
  const unknown = selection.hosts.find((name) => !hosts.some((host) => host.name === name));
  if (unknown !== undefined) throw hostUnknown(unknown, hosts);
}

function hostUnknown(name: string, hosts: readonly HostPlan[]): HoldfastError {
  const names = hosts.map((host) => host.name);
  return new HoldfastError('HostNotInConfig', `There is no host ${shown(name)}; ${suggestion(name, names)}`);
}

function refuseUnknownSources(hosts: readonly HostPlan[], selection: Selection): void {
  const sources = hosts.flatMap((host) => host.sources);
  const where = selection.hosts.length === 0 ? 'No host' : `None of the hosts ${selection.hosts.join(', ')}`;
  const refuse = (word: string, wanted: readonly string[], known: readonly string[]) => {
    const unknown = wanted.find((name) => !known.includes(name));
    if (unknown !== undefined)
      throw new HoldfastError(
        'SourceNotInConfig',
        `${where} has a source ${word} ${shown(unknown)}; ${suggestion(unknown, known)}`,
      );
  };
  refuse('named', selection.sources, [...new Set(sources.map(({ name }) => name))]);
  refuse('with the tag', selection.tags, [...new Set(sources.flatMap(({ tags }) => tags))]);
}

function selectionText({ hosts, sources, tags }: Selection): string {
  const part = (word: string, names: readonly string[]) => (names.length === 0 ? [] : [`${word} ${names.join(', ')}`]);
  const parts = [...part('hosts', hosts), ...part('sources', sources), ...part('tags', tags)];
  return parts.length === 0 ? 'the configuration' : parts.join(' and ');
}
