import { loadSoundConfig } from '../../config/cache.js';
import { recordOfRun } from '../../core/history/run-record.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { RecordRunInput } from '../contract.js';
import { destinationRecords } from './destination-records.js';
import { noteHistory } from './note-history.js';
import { writeTextfile } from './textfile.js';

/** Notes a run that has ended, and how full this machine's destinations are now; then tells those who read metrics of it. A dry run leaves nothing. Never throws. */
export async function noteRun(
  providers: Providers,
  control: ActivityControl,
  { configPath, run }: RecordRunInput,
): Promise<void> {
  const record = recordOfRun(run);
  if (record === undefined) return;
  const configuration = await loadSoundConfig(configPath);
  const filled = await destinationRecords(control, record, configuration?.destinations ?? []);
  await noteHistory(providers, control, configPath, [record, ...filled], 'now');
  await writeTextfile(providers, control, configPath);
}
