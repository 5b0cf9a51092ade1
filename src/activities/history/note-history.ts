import { loadSoundConfig } from '../../config/cache.js';
import type { Configuration } from '../../config/load.js';
import type { HistoryRecord } from '../../core/history/records.js';
import type { CatalogPlan } from '../../core/plan.js';
import type { NoteOptions, NoteResult } from '../../providers/catalog/history.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { fromCatalog } from '../catalog/use-catalog.js';

/** A failure that took so long would take as long again. */
const WORTH_ANOTHER_TRY_MS = 1_000;

/**
 * Notes records in the history of their configuration's catalog; where a metrics database is configured they wait to be sent, and it is seen to that they are,
 * `now` or `soon`. Never throws: what ended has ended as it has, whether history knows it or not.
 */
export async function noteHistory(
  providers: Providers,
  control: ActivityControl,
  configPath: string,
  records: readonly HistoryRecord[],
  urgency: 'now' | 'soon',
): Promise<void> {
  const configuration = await loadSoundConfig(configPath);
  const options = { configPath: configuration?.path ?? configPath, send: sendsMetrics(configuration) };
  try {
    const { dropped } = await note(providers, configuration?.settings.catalog, records, options);
    if (dropped > 0)
      control.log('warn', 'records that waited for the metrics database had to go: there were too many', { dropped });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const said = 'history was not written; `holdfast metrics backfill` brings it up to date from Temporal';
    control.log('warn', said, { message, records: records.length });
    return;
  }
  if (!options.send) return;
  try {
    await providers.pokeMetrics(options.configPath, urgency);
  } catch (error) {
    control.log('warn', 'the sending of metrics was not started; the next run does it', { message: String(error) });
  }
}

/** What is noted waits for a metrics database. */
export const sendsMetrics = (configuration: Configuration | undefined): boolean =>
  configuration?.metrics?.influxdb !== undefined;

/** Another one's failure closes the connection that all share, and the next who asks gets a new one. Throws CatalogUnavailable. */
async function note(
  providers: Providers,
  plan: CatalogPlan | undefined,
  records: readonly HistoryRecord[],
  options: NoteOptions,
): Promise<NoteResult> {
  const once = (): Promise<NoteResult> => fromCatalog(providers, plan, ({ history }) => history.note(records, options));
  const beganMs = performance.now();
  try {
    return await once();
  } catch (error) {
    if (performance.now() - beganMs > WORTH_ANOTHER_TRY_MS) throw error;
    return once();
  }
}
