import { loadCachedConfig } from '../../config/cache.js';
import type { Configuration } from '../../config/load.js';
import type { ConfiguredSource, SourceHealth } from '../../core/history/fleet-state.js';
import type { HistoryRecord } from '../../core/history/records.js';
import { joinParts, partOf, type ReportPart } from '../../core/report/part.js';
import { dayStartMs, type ReportWindow } from '../../core/report/window.js';
import type { History } from '../../providers/catalog/history.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { fromCatalog } from '../catalog/use-catalog.js';
import type { ReadReportInput, ReadReportResult } from '../contract.js';
import { configuredSources, readHealthOf } from '../history/fleet-health.js';
import { readRecords } from './read-records.js';

/** A page ends with the group of sources that reaches it; failures come on top. */
const PAGE_BYTES = 250_000;
/** A host with more sources is told in several groups. */
const GROUP = 100;
/** So many sources, or the group that reaches it, are looked up in one query. */
const SOURCES_AT_ONCE = 200;

/** Sources of one host. */
interface Group<Source = ConfiguredSource> {
  readonly host: string;
  readonly sources: readonly Source[];
  /** What befell the host as a whole is told with these. */
  readonly first: boolean;
}

/** A page of a report, from what the catalog knows: host after host, so that no more than one host's records are at hand at a time. */
export async function readReport(
  providers: Providers,
  control: ActivityControl,
  { configPath, days, after }: ReadReportInput,
): Promise<ReadReportResult> {
  const configuration = await loadCachedConfig(configPath);
  const ask: Ask = (work) => fromCatalog(providers, configuration.settings.catalog, ({ history }) => work(history));
  const window: ReportWindow = { untilMs: after?.untilMs ?? Date.now(), days };
  const groups = groupsOf(configuredSources(configuration));
  let number = after?.groups ?? 0;
  let part =
    after === undefined
      ? await ask((history) => disksPart(history, configuration, window))
      : partOf({ sources: [] }, window);
  let bytes = sizeOf(part);
  for await (const group of withHealth(groups.slice(number), ask, window)) {
    control.signal.throwIfAborted();
    control.progress({ host: group.host });
    const news = await ask((history) => groupPart(history, group, window));
    bytes += sizeOf(news.sources);
    part = joinParts(part, news);
    number += 1;
    if (bytes >= PAGE_BYTES && number < groups.length)
      return { window, part, next: { untilMs: window.untilMs, groups: number } };
  }
  return { window, part };
}

type Ask = <T>(work: (history: History) => Promise<T>) => Promise<T>;

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

function groupsOf(sources: readonly ConfiguredSource[]): Group[] {
  const hosts = new Map<string, ConfiguredSource[]>();
  for (const source of sources) {
    const own = hosts.get(source.host);
    if (own === undefined) hosts.set(source.host, [source]);
    else own.push(source);
  }
  return [...hosts].flatMap(([host, own]) =>
    Array.from({ length: Math.ceil(own.length / GROUP) }, (_, number) => ({
      host,
      sources: own.slice(number * GROUP, (number + 1) * GROUP),
      first: number === 0,
    })),
  );
}

/** A few groups ahead of whoever takes them: a page is made of some of a fleet, and asks for no more. */
async function* withHealth(
  groups: readonly Group[],
  ask: Ask,
  { untilMs }: ReportWindow,
): AsyncGenerator<Group<SourceHealth>> {
  for (const some of together(groups)) {
    const configured = some.flatMap(({ sources }) => sources);
    const health = await ask((history) => readHealthOf(history, configured, untilMs));
    let told = 0;
    for (const group of some) {
      yield { ...group, sources: health.slice(told, told + group.sources.length) };
      told += group.sources.length;
    }
  }
}

function* together(groups: readonly Group[]): Generator<readonly Group[]> {
  let [some, sources]: [Group[], number] = [[], 0];
  for (const group of groups) {
    some.push(group);
    sources += group.sources.length;
    if (sources < SOURCES_AT_ONCE) continue;
    yield some;
    [some, sources] = [[], 0];
  }
  if (some.length > 0) yield some;
}

async function groupPart(
  history: History,
  { host, sources, first }: Group<SourceHealth>,
  window: ReportWindow,
): Promise<ReportPart> {
  const records = await readRecords(history, {
    ...timesOf(window),
    kinds: ['source', 'host', 'size'],
    host,
  });
  return partOf(
    {
      sources,
      ended: ofKind(records, 'source'),
      hosts: ofKind(records, 'host'),
      hostsAreTold: !first,
      sizes: ofKind(records, 'size'),
    },
    window,
  );
}

/** The newest of each destination may be from before the window. */
async function disksPart(history: History, { destinations }: Configuration, window: ReportWindow): Promise<ReportPart> {
  const configured = new Set(destinations.map(({ name }) => name));
  const newest = await history.destinations();
  const records = await readRecords(history, { ...timesOf(window), kinds: ['destination'] });
  const known = [...newest, ...ofKind(records, 'destination')];
  return partOf({ sources: [], disks: known.filter(({ destination }) => configured.has(destination)) }, window);
}

const timesOf = (window: ReportWindow): { readonly sinceMs: number; readonly untilMs: number } => ({
  sinceMs: dayStartMs(window, 0),
  untilMs: window.untilMs + 1,
});

const ofKind = <Kind extends HistoryRecord['kind']>(
  records: readonly HistoryRecord[],
  kind: Kind,
): Extract<HistoryRecord, { readonly kind: Kind }>[] =>
  records.filter((record): record is Extract<HistoryRecord, { readonly kind: Kind }> => record.kind === kind);
