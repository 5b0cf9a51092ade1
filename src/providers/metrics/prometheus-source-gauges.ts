import type { SourceHealth } from '../../core/history/fleet-state.js';
import { statusNumeric } from '../../core/statuses.js';

/** A figure that each source has one of, under the labels host, source, destination and engine. */
export interface SourceGauge {
  readonly name: string;
  readonly help: string;
  /** Undefined: there is nothing to say. Times and durations in seconds. */
  readonly value: (source: SourceHealth) => number | undefined;
  /** True at the moment of asking only: not for a file that stays. */
  readonly momentary?: boolean;
}

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);
const flag = (value: boolean): number => (value ? 1 : 0);

/** A time of 0 is never: alerts on its age fire for what never happened, too. */
export const SOURCE_GAUGES: readonly SourceGauge[] = [
  {
    name: 'holdfast_last_success_timestamp_seconds',
    help: 'When the last good backup (ok or warning) ended; 0: there is none.',
    value: ({ lastSuccessAtMs }) => seconds(lastSuccessAtMs ?? 0),
  },
  {
    name: 'holdfast_first_success_timestamp_seconds',
    help: 'When the first good backup ended, since history is kept; 0: there is none.',
    value: ({ state }) => seconds(state?.firstSuccessAtMs ?? 0),
  },
  {
    name: 'holdfast_last_run_timestamp_seconds',
    help: 'When the last run ended, however; 0: there was none.',
    value: ({ state }) => seconds(state?.last?.atMs ?? 0),
  },
  {
    name: 'holdfast_last_proof_timestamp_seconds',
    help: 'When a restore drill last brought back what was backed up; 0: never.',
    value: ({ lastProofAtMs }) => seconds(lastProofAtMs ?? 0),
  },
  {
    name: 'holdfast_overdue',
    help: '1: no good backup within one and a half of what is expected.',
    value: ({ overdue }) => flag(overdue),
    momentary: true,
  },
  {
    name: 'holdfast_unprotected',
    help: '1: never backed up, overdue, or the last run failed or is held.',
    value: ({ unprotected }) => flag(unprotected !== undefined),
    momentary: true,
  },
  {
    name: 'holdfast_last_status',
    help: 'Of the last run: 1 ok, 0.5 warning, 0 failed; absent when it was skipped, held or cancelled.',
    value: ({ status }) => (status === undefined ? undefined : statusNumeric(status)),
  },
  {
    name: 'holdfast_last_exit_code',
    help: 'What the command line would end with for the last run of this source alone.',
    value: ({ state }) => state?.last?.exitCode,
  },
  {
    name: 'holdfast_last_level',
    help: 'Level of the archive that the last good backup made; 0 is full.',
    value: ({ state }) => state?.lastSuccess?.level,
  },
  {
    name: 'holdfast_last_duration_seconds',
    help: 'How long the last run took.',
    value: ({ state }) => seconds(state?.last?.durationMs),
  },
  {
    name: 'holdfast_last_warnings',
    help: 'Flaws and failed scripts of the last run that left its backup usable.',
    value: ({ state }) => state?.last?.warnings,
  },
  {
    name: 'holdfast_last_size_bytes',
    help: 'Size of all files of the source at the last good backup.',
    value: ({ state }) => state?.lastSuccess?.totalSizeBytes,
  },
  {
    name: 'holdfast_last_stored_bytes',
    help: 'What the last good backup added at the destination.',
    value: ({ state }) => state?.lastSuccess?.storedBytes,
  },
  {
    name: 'holdfast_last_received_bytes',
    help: 'What the last good backup moved from the host.',
    value: ({ state }) => state?.lastSuccess?.bytesReceived,
  },
  {
    name: 'holdfast_last_sent_bytes',
    help: 'What the last good backup moved to the host.',
    value: ({ state }) => state?.lastSuccess?.bytesSent,
  },
  {
    name: 'holdfast_last_speedup',
    help: 'Size of all files by what was moved, of the last good backup.',
    value: ({ state }) => state?.lastSuccess?.speedup,
  },
  {
    name: 'holdfast_last_files',
    help: 'Entries of the source at the last good backup.',
    value: ({ state }) => state?.lastSuccess?.filesTotal,
  },
  {
    name: 'holdfast_last_transferred_files',
    help: 'Files that the last good backup moved.',
    value: ({ state }) => state?.lastSuccess?.filesTransferred,
  },
];
