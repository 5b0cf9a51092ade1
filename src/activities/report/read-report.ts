import { loadCachedConfig } from '../../config/cache.js';
import type { SourceHealth } from '../../core/history/fleet-state.js';
import type { DestinationRecord, HistoryRecord } from '../../core/history/records.js';
import { joinParts, partOf, type ReportPart } from '../../core/report/part.js';
import { dayStartMs, type ReportWindow } from '../../core/report/window.js';
import type { Catalog } from '../../providers/catalog/catalog.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { fromCatalog } from '../catalog/use-catalog.js';
import type { ReadReportInput, ReadReportResult } from '../contract.js';
import { readFleetHealth } from '../history/fleet-health.js';
import { readRecords } from './read-records.js';

/** A page ends with the group of sources that reaches it; failures come on top. */
const PAGE_BYTES = 100_000;
/** A host with more sources is told in several groups. */
const GROUP = 100;

/** Sources of one host. */
interface Group {
  readonly host: string;
  readonly sources: readonly SourceHealth[];
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
  const { catalog: plan } = configuration.settings;
  const window: ReportWindow = { untilMs: after?.untilMs ?? Date.now(), days };
  const health = await readFleetHealth(providers, configuration, window.untilMs);
  const groups = groupsOf(health.sources);
  let part =
    after === undefined
      ? await fromCatalog(providers, plan, (catalog) => disksPart(catalog, health.destinations, window))
      : partOf({ sources: [] }, window);
  let bytes = sizeOf(part);
  for (const [number, group] of groups.entries()) {
    if (number < (after?.groups ?? 0)) continue;
    if (bytes >= PAGE_BYTES) return { window, part, next: { untilMs: window.untilMs, groups: number } };
    control.signal.throwIfAborted();
    control.progress({ host: group.host });
    const news = await fromCatalog(providers, plan, (catalog) => groupPart(catalog, group, window));
    bytes += sizeOf(news.sources);
    part = joinParts(part, news);
  }
  return { window, part };
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

function groupsOf(sources: readonly SourceHealth[]): Group[] {
  const hosts = new Map<string, SourceHealth[]>();
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

async function groupPart(catalog: Catalog, { host, sources, first }: Group, window: ReportWindow): Promise<ReportPart> {
  const records = await readRecords(catalog.history, {
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

/** @param newest of each destination that is configured */
async function disksPart(
  { history }: Catalog,
  newest: readonly DestinationRecord[],
  window: ReportWindow,
): Promise<ReportPart> {
  const configured = new Set(newest.map(({ destination }) => destination));
  const records = await readRecords(history, { ...timesOf(window), kinds: ['destination'] });
  const known = ofKind(records, 'destination').filter(({ destination }) => configured.has(destination));
  return partOf({ sources: [], disks: [...newest, ...known] }, window);
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
