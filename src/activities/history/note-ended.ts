import type { ActivityControl, Providers } from '../activity-control.js';
import type { NoteEndedInput } from '../contract.js';
import { noteHistory } from './note-history.js';

/** Adds to history what ended. Never throws. */
export async function noteEnded(
  providers: Providers,
  control: ActivityControl,
  { configPath, records }: NoteEndedInput,
): Promise<void> {
  await noteHistory(providers, control, configPath, records, 'soon');
}
