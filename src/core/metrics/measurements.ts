import { ERROR_TYPES } from '../errors/error-types.js';
import type { Status } from '../statuses.js';

/**
 * Every measurement with its tags and fields: the one table that points are made by and the manual is made of. A field's type never changes: InfluxDB takes
 * no point that has another one.
 */
export interface Measurement {
  /** For people: what a point is of, and when it is written. */
  readonly what: string;
  readonly tags: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
}

export interface Field {
  /** Truth values are integers, 0 or 1: databases add them up. */
  readonly type: 'int' | 'float' | 'text';
  /** In each point; the others where they are known. */
  readonly always: boolean;
  readonly what: string;
}

const int = (what: string): Field => ({ type: 'int', always: true, what });
const float = (what: string): Field => ({ type: 'float', always: true, what });
const text = (what: string): Field => ({ type: 'text', always: true, what });
const maybe = (field: Field): Field => ({ ...field, always: false });

const SOURCE_TAGS = ['host', 'source', 'destination', 'engine'] as const;
export const STATUSES = [
  'ok',
  'warning',
  'failed',
  'skipped',
  'held',
  'cancelled',
] as const satisfies readonly Status[];

/** One field for each of some words: `errors_permission`, `sources_ok`. */
const each = <Prefix extends string, Word extends string>(
  prefix: Prefix,
  words: readonly Word[],
  field: (word: string) => Field,
): Readonly<Record<`${Prefix}_${Word}`, Field>> =>
  Object.fromEntries(words.map((word) => [`${prefix}_${word}`, field(word.replace('_', ' '))])) as Record<
    `${Prefix}_${Word}`,
    Field
  >;

const status = {
  status: text('`ok`, `warning`, `failed`, `skipped`, `held` or `cancelled`'),
  status_numeric: maybe(float('1 ok, 0.5 warning, 0 failed; absent for the others')),
} as const;

const failure = {
  failure_type: text('from the failure catalogue, such as `HostUnreachable`; empty: none'),
  failure_message: text('what happened, at most 300 characters; empty: nothing'),
} as const;

const run = { run_id: text('Temporal’s id of the Workflow’s run') } as const;

export const MEASUREMENTS = {
  backup_source: {
    what: 'A source’s part in a backup run, when it has ended',
    tags: SOURCE_TAGS,
    fields: {
      ...status,
      ...failure,
      error_count: int('errors of all kinds'),
      ...each('errors', ERROR_TYPES, (type) => int(`of these: ${type}`)),
      warning_count: int(
        'entries that are missing or flawed, scripts and hooks that failed without failing the source',
      ),
      duration_seconds: float('from its beginning to its end'),
      total_size_bytes: int('of all its files'),
      stored_bytes: int('what the backup added at the destination'),
      bytes_sent: int('from the worker to the host'),
      bytes_received: int('from the host to the worker; archives: what was stored'),
      transfer_rate: float('bytes sent and received in a second, over the whole duration'),
      speedup: maybe(float('total size by what was moved; where anything was')),
      files_total: int('in the source'),
      files_transferred: int('new and changed ones'),
      files_deleted: int('gone since the backup before'),
      exit_code: int('as the command line would end for this source alone'),
      rsync_exit_code: maybe(int('mirrors: rsync’s own, where it ended by itself')),
      last_success_age_seconds: maybe(float('how old the newest backup was then; 0 where this run made one')),
      level: maybe(int('of the archive; 0 is a full one')),
      backup_id: maybe(text('of the backup that was made')),
      ...run,
    },
  },
  backup_host: {
    what: 'A host’s part in a backup run, when it has ended',
    tags: ['host'],
    fields: {
      ...status,
      ...failure,
      error_count: int('of all its sources'),
      warning_count: int('of all its sources'),
      duration_seconds: float('from its beginning to its end'),
      total_size_bytes: int('of all its sources’ files'),
      stored_bytes: int('what its backups added'),
      ...each('sources', STATUSES, (word) => int(`sources that ended ${word}`)),
      ...run,
    },
  },
  backup_run: {
    what: 'A whole run, when it has ended: backups and restores, those of drills too',
    tags: ['type', 'plan'],
    fields: {
      ...status,
      duration_seconds: float('from its beginning to its end'),
      stored_bytes: maybe(int('what its backups added')),
      ...each('hosts', STATUSES, (word) => maybe(int(`backups: hosts that ended ${word}`))),
      workflow_id: text('what `holdfast runs show` takes'),
      ...run,
    },
  },
  backup_size: {
    what: 'How much room a source’s mirror, its snapshots together, or its archives take, when it was measured',
    tags: ['host', 'source', 'destination', 'kind'],
    fields: {
      total_bytes: int('see [sizes.md](sizes.md)'),
      exclusive_bytes: maybe(int('BTRFS: what nothing else shares')),
      shared_bytes: maybe(int('BTRFS: what something else uses as well')),
      count: int('snapshots, or backups in archives; 1 for a mirror; 0: there are none any more'),
      complete: int('0: something was not counted, there is more'),
    },
  },
  backup_proof: {
    what: 'A restore drill, when it has ended',
    tags: SOURCE_TAGS,
    fields: {
      good: int('1: what came back is what was backed up'),
      files: int('restored and compared'),
      bytes: int('restored and compared'),
      backup_id: text('of the backup'),
    },
  },
  backup_destination: {
    what: 'How full a destination on a disk of the worker’s machine is, after runs',
    tags: ['destination'],
    fields: {
      free_bytes: int('for who is not root'),
      total_bytes: int('size of the file system'),
      used_percent: float('100 is full'),
    },
  },
  backup_state: {
    what: 'A configured source as it stands, those without any backup too; after runs, and every ten minutes',
    tags: SOURCE_TAGS,
    fields: {
      status: text('of its last run; `none`: it never had one'),
      status_numeric: status.status_numeric,
      unprotected: int('1: the last run failed or is held, the last backup is overdue, or there is none'),
      reason: text('why it is unprotected: a failure’s type, `overdue`, `never backed up`; empty: it is not'),
      overdue: int('1: no backup within one and a half of the expected interval'),
      failing: int('1: its last run failed or was cancelled'),
      failure_message: text('of its last run, where that is why it is unprotected'),
      error_count: int('of its last run'),
      warning_count: int('of its last run'),
      last_run_timestamp: maybe(int('end of its last run, seconds since 1970')),
      last_success_timestamp: maybe(int('end of the last run that made a backup')),
      last_success_age_seconds: maybe(float('since then')),
      last_proof_timestamp: maybe(int('last good restore drill')),
      last_proof_age_seconds: maybe(float('since then')),
      unproven_seconds: maybe(float('since the last good restore drill; where there was none, since the first backup')),
      expected_interval_seconds: maybe(float('how often a backup is expected')),
    },
  },
  backup_fleet: {
    what: 'The configuration as a whole; with `backup_state`',
    tags: [],
    fields: {
      sources: int('configured'),
      unprotected: int('of these'),
      overdue: int('of these'),
      waiting: int('records that wait to be sent'),
      dropped: int('records that went before they were sent, since history is kept: too many waited'),
    },
  },
} as const satisfies Readonly<Record<string, Measurement>>;

export type MeasurementName = keyof typeof MEASUREMENTS;
type FieldsOf<Name extends MeasurementName> = (typeof MEASUREMENTS)[Name]['fields'];
export type TagsOf<Name extends MeasurementName> = Readonly<
  Record<(typeof MEASUREMENTS)[Name]['tags'][number], string | undefined>
>;
/** Each field of the table is thought of; undefined: left out of this point. */
export type ValuesOf<Name extends MeasurementName> = Readonly<
  Record<keyof FieldsOf<Name>, number | string | undefined>
>;
