import { loadSoundConfig } from '../../config/cache.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { Failure } from '../../core/failures.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { listSource } from '../backups.js';
import type {
  CatalogHostInput,
  CatalogHostResult,
  ForgetCatalogedInput,
  ForgetCatalogedResult,
  ListRunsInput,
  ListRunsResult,
  RecordRunInput,
} from '../contract.js';
import { noteRun } from '../history/note-run.js';
import { loadHost } from '../plan.js';
import { catalogedSource } from './cataloged-backups.js';
import { catalogPlanOf, fromCatalog, noteInCatalog } from './use-catalog.js';

/** Reads manifests, pins, damage and proofs of a host's sources, and puts them in the place of what the catalog had. */
export async function catalogHost(
  providers: Providers,
  control: ActivityControl,
  input: CatalogHostInput,
): Promise<CatalogHostResult> {
  const host = await loadHost(providers, control, input);
  const failures: Failure[] = [];
  let [sources, backups] = [0, 0];
  for (const source of host.sources) {
    control.signal.throwIfAborted();
    control.progress({ host: host.name, source: source.name });
    const found = await listSource(providers, host, source, Number.POSITIVE_INFINITY);
    failures.push(...found.failures);
    // A destination that is away has nothing to say: what was known of it is worth the more.
    if (found.failures.length > 0 && found.backups.length === 0) continue;
    const seen = catalogedSource(host.name, source.name, found);
    await fromCatalog(providers, host.catalog, (catalog) => catalog.replaceSource(seen));
    sources += 1;
    backups += found.backups.length;
  }
  return { sources, backups, failures: failures.slice(0, 100) };
}

/** Brings one source up to date after something was changed in its destination. Never throws. */
export async function refreshSource(
  providers: Providers,
  control: ActivityControl,
  host: HostPlan,
  source: SourcePlan,
): Promise<void> {
  await noteInCatalog(providers, control, host.catalog, async (catalog) => {
    const found = await listSource(providers, host, source, Number.POSITIVE_INFINITY);
    if (found.failures.length === 0) await catalog.replaceSource(catalogedSource(host.name, source.name, found));
  });
}

export async function forgetCataloged(
  providers: Providers,
  _control: ActivityControl,
  { configPath, before }: ForgetCatalogedInput,
): Promise<ForgetCatalogedResult> {
  const plan = await catalogPlanOf(configPath);
  return { forgotten: await fromCatalog(providers, plan, (catalog) => catalog.forgetBefore(before)) };
}

/** Never throws: a run has ended as it has, whether the catalog knows it or not. */
export async function recordRun(providers: Providers, control: ActivityControl, input: RecordRunInput): Promise<void> {
  const configuration = await loadSoundConfig(input.configPath);
  await noteInCatalog(providers, control, configuration?.settings.catalog, (catalog) => catalog.recordRun(input.run));
  await noteRun(providers, control, input);
}

export async function listRuns(
  providers: Providers,
  _control: ActivityControl,
  { configPath, limit, host }: ListRunsInput,
): Promise<ListRunsResult> {
  const plan = await catalogPlanOf(configPath);
  const query = { limit, ...(host === undefined ? {} : { host }) };
  return { runs: await fromCatalog(providers, plan, (catalog) => catalog.runs(query)) };
}
