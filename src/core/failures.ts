import type { FailureEvidence } from './errors/evidence.js';

/**
 * The failure catalogue: every failure that Holdfast reports, in one place.
 *
 * A failure's `type` is stable: scripts, retry policies and metrics may rely on it.
 * `retryable` is what Temporal does with it: `false` ends the Activity's retries at once.
 */
export interface FailureEntry {
  readonly retryable: boolean;
  /** What it means, as a sentence for the person on call. */
  readonly meaning: string;
  /** What to do about it. */
  readonly action: string;
  /** HTTP status for the API. */
  readonly httpStatus: number;
}

const entry = (retryable: boolean, httpStatus: number, meaning: string, action: string): FailureEntry => ({
  retryable,
  meaning,
  action,
  httpStatus,
});

export const FAILURES = {
  ConfigInvalid: entry(
    false,
    422,
    'The configuration has mistakes.',
    'Correct the places named, then run `holdfast config check`.',
  ),
  ConfigNotFound: entry(
    false,
    404,
    'No configuration file was found.',
    'Name one with --config, or write one with `holdfast config init`.',
  ),
  ConfigExists: entry(
    false,
    409,
    'There is a configuration file already.',
    'Edit that one, or name another with --config; nothing was overwritten.',
  ),
  HostNotInConfig: entry(
    false,
    404,
    'The configuration has no such host.',
    'See `holdfast hosts` for the names it has.',
  ),
  SourceNotInConfig: entry(
    false,
    404,
    'The host has no such source.',
    'A source is named by its dest_subdir; see `holdfast hosts`.',
  ),
  ScheduleNotFound: entry(
    false,
    404,
    'There is no such schedule.',
    'See `holdfast schedules list`; `holdfast schedules apply` makes those of the configuration.',
  ),
  ScheduleForeign: entry(
    false,
    409,
    'A schedule of this name belongs to something else.',
    'Rename yours, or remove the other one with `holdfast schedules delete`.',
  ),
  SecretUnavailable: entry(
    false,
    500,
    'A secret could not be read.',
    'Check the variable, file or command that the configuration names, as the worker sees it.',
  ),

  HostUnreachable: entry(
    true,
    504,
    'The host did not answer over SSH.',
    'Check that it is up, its name, port and firewall; `ssh HOST` as the worker’s user shows the same.',
  ),
  HostAuthFailed: entry(
    false,
    502,
    'The host refused the SSH login.',
    'Check ssh_user and ssh_key, the key’s permissions (0600), and authorized_keys on the host; `holdfast hosts install-key HOST` installs the key.',
  ),
  HostKeyUnknown: entry(
    false,
    502,
    'The host’s SSH key is not known.',
    'Compare its fingerprint with the host’s own, then record it: `holdfast hosts trust HOST` on the worker, as its user.',
  ),
  HostKeyChanged: entry(
    false,
    502,
    'The host’s SSH key has changed.',
    'Find out why before going on: it may be another machine. If it was set up anew: `holdfast hosts trust HOST --replace OLD-FINGERPRINT`.',
  ),
  HostShellPrintsText: entry(
    false,
    502,
    'The host’s login shell prints text.',
    'Silence .bashrc, .profile or the banner for sessions without a terminal.',
  ),
  ToolMissing: entry(false, 424, 'A program is missing.', 'Install the program named, on the machine named.'),

  SourceMissing: entry(
    false,
    404,
    'The source does not exist on the host.',
    'Check the path, and that its file system is mounted.',
  ),
  SourceUnreadable: entry(
    false,
    403,
    'The login user may not read the source.',
    'Log in as a user who may, or let rsync run by sudo: --rsync-path="sudo rsync" in rsync_options.',
  ),
  SourceNotDirectory: entry(
    false,
    422,
    'The source is not a directory.',
    'Give the directory that holds it as the path, and exclude the rest.',
  ),
  HookFailed: entry(false, 424, 'A script ended with an error.', 'Read its output above; run it by hand on the host.'),
  HookNotFound: entry(
    false,
    404,
    'A script was not found on the worker.',
    'Put it into config.scripts_dir under that name, with or without .sh.',
  ),
  HookTimedOut: entry(
    false,
    424,
    'A script ran longer than its time limit.',
    'Raise script_timeout, or the hook’s timeout, or find out what it waits for.',
  ),

  FreezeFailed: entry(
    false,
    424,
    'The source could not be frozen.',
    'Read the reason; correct freeze, or take it out of the configuration.',
  ),
  ThawFailed: entry(
    true,
    502,
    'What was frozen for a backup could not be released.',
    'Look at the host for what bears the name holdfast-freeze; the next run of this source tries again.',
  ),

  DumpFailed: entry(
    false,
    502,
    'A database could not be dumped.',
    'Read the program’s last words above; run the same command by hand on the host.',
  ),
  DatabaseUnreachable: entry(
    true,
    504,
    'The database server did not answer, or hung up.',
    'Check that it runs on the host, and host, port or socket of the dump.',
  ),
  DatabaseLoginFailed: entry(
    false,
    403,
    'The database refused the login.',
    'Check user, password and run_as of the dump, and what that user may read.',
  ),
  DatabaseNotFound: entry(
    false,
    404,
    'There is no such database.',
    'Correct databases or file of the dump; `databases: all` takes those that there are.',
  ),

  TransferInterrupted: entry(
    true,
    502,
    'The transfer ended before it was complete.',
    'It is tried again; if it goes on failing, look at the network and the host’s memory and disk.',
  ),
  RemoteCommandFailed: entry(false, 502, 'A command on the host failed.', 'Read its message above.'),
  RsyncFailed: entry(false, 502, 'rsync failed.', 'Read its message above; the exit code’s meaning is in rsync(1).'),
  RsyncInterrupted: entry(
    true,
    502,
    'rsync was cut off.',
    'It is tried again; if it goes on failing, look at the network and the host.',
  ),
  TransferSlow: entry(
    false,
    200,
    'The backup was made, but its transfer was slow, or sent most of the data again.',
    'Look at the network and the disks; when it is as it should be, change min_rate, min_speedup or slow_transfer.',
  ),
  SourceHeld: entry(
    false,
    409,
    'The source is missing, empty, on another file system than before, or too much of it is gone.',
    'Look at the source; when it is as it should be, go on with `holdfast approve RUN`; else bring it back and start the backup again.',
  ),

  DestinationFull: entry(
    false,
    507,
    'The destination has no room left.',
    'Make room, then start the backup again; nothing older was touched.',
  ),
  DestinationUnreachable: entry(true, 504, 'The destination did not answer.', 'Check its address and that it is up.'),
  DestinationDenied: entry(
    false,
    403,
    'The destination refused access.',
    'Check the credentials and what they may do.',
  ),
  DestinationNotFound: entry(
    false,
    404,
    'The destination does not exist.',
    'Check the bucket or directory; a local directory must exist and its file system be mounted.',
  ),
  DestinationInvalid: entry(
    false,
    409,
    'The destination is not a Holdfast repository of a known format.',
    'Choose another bucket, prefix or directory, or a newer Holdfast.',
  ),

  ObjectMissing: entry(
    false,
    410,
    'An object of a backup is missing.',
    'Restore from an older or newer backup; the next run starts a new chain.',
  ),
  ObjectDamaged: entry(
    false,
    410,
    'An object of a backup is not what was written.',
    'Restore from an older or newer backup; check the storage.',
  ),
  ManifestDamaged: entry(
    false,
    410,
    'A manifest is not what was written.',
    'Restore from another backup; check who can write to the storage.',
  ),
  ManifestUntrusted: entry(
    false,
    409,
    'A manifest was not signed by a key that is trusted here.',
    'Find out who wrote it: whoever can write to the destination may have planted it. If it is yours, add its key to verify_keys; to begin a new chain beside it, run the backup with --approve.',
  ),
  RolledBack: entry(
    false,
    409,
    'The destination has lost a backup that this worker made or saw there.',
    'Find out who removed it. If it was you, go on with `holdfast backup --approve`; to restore what is there, name the backup with --backup.',
  ),
  KeysMissing: entry(
    false,
    424,
    'The worker has no keys for an encrypted destination.',
    'Run `holdfast keys init` on the worker, as its user.',
  ),
  RecipientRefused: entry(
    false,
    422,
    'age does not take a recipient.',
    'Correct the recipients of the destination; age1pq1… needs age 1.3 or newer on the worker.',
  ),
  IdentityMissing: entry(
    false,
    422,
    'The backup is encrypted, and no private key was given.',
    'Name it with --identity FILE or --identity-command COMMAND, or as config.restore_identity.',
  ),
  WrongKey: entry(
    false,
    403,
    'The private key does not open this backup.',
    'Give the key of one of the recipients that the backup was encrypted to; its manifest names them.',
  ),
  BackupDamaged: entry(
    false,
    410,
    'A backup is damaged.',
    'Restore what is touched from a point that is not named; the next run starts a new chain. Find out what damaged the storage.',
  ),
  ContentDiffers: entry(
    false,
    409,
    'A file’s content is not what was backed up, although its size and times are.',
    'Compare both versions: a disk, memory or a program that hides its traces has changed one of them.',
  ),
  DrillFailed: entry(
    false,
    500,
    'A restore drill did not bring back what was backed up.',
    'See the files named; `holdfast verify --read-data` says what of the backup is damaged.',
  ),
  ChainBroken: entry(
    false,
    410,
    'A backup of the chain is missing or damaged.',
    'Restore a point before the gap, or from another chain.',
  ),
  ChainMoved: entry(
    true,
    409,
    'Another backup of this source was committed meanwhile.',
    'It is planned again from the newer backup.',
  ),
  ClockBehind: entry(
    false,
    409,
    'The clock is behind the last backup.',
    'Correct the worker’s clock; a backup in the past would hide newer ones.',
  ),
  BackupNotFound: entry(false, 404, 'There is no such backup.', 'See `holdfast backups` for those that there are.'),
  PruneHeld: entry(
    false,
    409,
    'A prune waits for a person.',
    'Look at what it would do with `holdfast prune --dry-run`; if it is right, go on with `holdfast prune --approve`.',
  ),
  ConsolidationRefused: entry(
    false,
    409,
    'The chain was not consolidated.',
    'Make a full backup with `holdfast backup --full` instead; where only dead space is the reason, a higher --max-dead copies it all the same.',
  ),
  NothingToRestore: entry(
    false,
    404,
    'Nothing in the backup matches what was asked for.',
    'Check the patterns of --include: they are relative to the source; `*` does not cross `/`, `**` does.',
  ),
  FileNotInBackup: entry(
    false,
    404,
    'The backup has no such file or directory.',
    'List the directory above it with `holdfast files`; `holdfast find` looks through all backups.',
  ),
  MirrorUnfinished: entry(
    false,
    409,
    'The mirror was left half synchronised.',
    'Run the backup again; or, if the host is gone, restore what is there with --unfinished.',
  ),

  SnapshotFailed: entry(
    false,
    500,
    'A snapshot of a mirror could not be made or removed.',
    'Read the reason; the backup itself and older snapshots are as they were. `holdfast snapshots create` tries again.',
  ),

  LimitRefused: entry(
    false,
    422,
    'A limit cannot be set on this run.',
    'Give what `holdfast runs limit --help` names; a run of one host has no --parallel-hosts.',
  ),
  ApprovalRefused: entry(
    false,
    409,
    'Nothing is held there that could be approved or rejected.',
    'See `holdfast runs show` for what is held; a source that is not held any more needs no approval.',
  ),
  RunControlRefused: entry(
    false,
    409,
    'The run cannot do that with this host.',
    'See `holdfast runs show` for how its hosts are.',
  ),
  HostSkipped: entry(
    false,
    409,
    'A person left the host out of the run.',
    'Back it up again with `holdfast runs retry`, or in the next run.',
  ),
  CatalogUnavailable: entry(
    true,
    503,
    'The catalog cannot be used.',
    'Backups and restores do without it. Check its database; `holdfast catalog rebuild` makes it anew.',
  ),
  MetricsNotConfigured: entry(
    false,
    404,
    'The configuration names no metrics database.',
    'Add metrics.influxdb to the configuration; docs/metrics.md has both forms.',
  ),
  MetricsUnreachable: entry(
    true,
    503,
    'The metrics database did not answer.',
    'Backups do without it; what waits is sent later, in order. Check that it is up, its host, port and ssl, and give a slow one a longer timeout; then `holdfast metrics test`.',
  ),
  MetricsDenied: entry(
    false,
    403,
    'The metrics database refused the login, or what was to be done with it.',
    'Check the token, or username and password, and what they may read and write; then `holdfast metrics test`.',
  ),
  MetricsNotFound: entry(
    false,
    404,
    'The metrics database has no such database, bucket or organization.',
    'Correct its name in the configuration, or create it there; then `holdfast metrics test`.',
  ),
  MetricsVersion: entry(
    false,
    409,
    'The metrics database is of another version than the configuration is written for.',
    'For InfluxDB 2.x give token, organization and bucket; for 1.x database, username and password.',
  ),
  MetricsForeign: entry(
    false,
    502,
    'What answers there is no InfluxDB.',
    'Check host, port and ssl of the metrics database: another program listens there, or a proxy stands before it.',
  ),
  MetricsUntrusted: entry(
    false,
    502,
    'There is no trusted TLS connection to the metrics database.',
    'Check ssl, and that its certificate is for this host and in force; name the CA that signed it as ca_file.',
  ),
  MetricsRefused: entry(
    false,
    422,
    'The metrics database refused points, or a question, for what they are.',
    'Read its reason. Where a field of another type is there already: write into another database or bucket, then `holdfast metrics backfill`.',
  ),
  AddressUnavailable: entry(
    false,
    409,
    'The address for metrics cannot be had.',
    'Give another one with --metrics or HOLDFAST_METRICS, or end what listens there.',
  ),
  RunNotFound: entry(false, 404, 'There is no such run.', 'See `holdfast runs` for those that there are.'),

  UnsafePath: entry(
    false,
    422,
    'A path would lead outside the target.',
    'Do not trust this backup; restore it into an empty directory on a machine of its own.',
  ),
  RestoreTargetInvalid: entry(false, 422, 'The target of the restore cannot be used.', 'Choose another directory.'),
  RestoreTargetFull: entry(
    false,
    507,
    'The target has no room left.',
    'Make room or choose another target, and run the same restore again: it skips what is right.',
  ),
  ReportNotWritten: entry(
    false,
    422,
    'The report could not be written.',
    'Name a new file, or a regular one, in a directory that you may write to; `-` means standard output.',
  ),
  OutputClosed: entry(
    false,
    499,
    'Nobody reads the output any more.',
    'Run it again, into a file or a program that reads to the end.',
  ),
  RestoreIncomplete: entry(
    false,
    500,
    'Not everything was restored as recorded.',
    'See the entries named; run the same restore again, or restore from another backup.',
  ),

  Busy: entry(false, 409, 'Another run of the same is going on.', 'Wait for it, or look at it with `holdfast runs`.'),
  Cancelled: entry(false, 499, 'The run was cancelled.', 'Start it again when wanted.'),
  TimedOut: entry(
    true,
    504,
    'It took longer than its time limit.',
    'Raise the timeout in the configuration, or find out what it waits for.',
  ),
  TemporalUnreachable: entry(
    true,
    503,
    'No Temporal server answered.',
    'Start one with `holdfast up`, or correct TEMPORAL_ADDRESS.',
  ),
  WorkerMissing: entry(
    true,
    503,
    'No worker takes tasks from the queue.',
    'Start one with `holdfast up` or `holdfast worker`.',
  ),
  WorkerLost: entry(
    true,
    503,
    'The worker was killed in the middle of a step.',
    'It is tried again by the next worker; if workers go on dying, look at the memory of the machine and its log.',
  ),
  InternalError: entry(
    true,
    500,
    'Holdfast met something it does not know.',
    'Report it with the message above; the run is not counted as good.',
  ),
} as const satisfies Record<string, FailureEntry>;

export type FailureType = keyof typeof FAILURES;

/** A failure as results, JSON output and the terminal show it: plain data, safe to cross any boundary. */
export interface Failure {
  readonly type: FailureType;
  readonly message: string;
  readonly action: string;
  readonly host?: string;
  readonly source?: string;
}

export interface FailurePlace {
  readonly host?: string;
  readonly source?: string;
}

/** The one error class of Holdfast. `message` says what happened with the values; the catalogue says what to do. */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  /** What programs said, where the message does not hold it all. */
  readonly evidence: FailureEvidence | undefined;
  constructor(
    readonly type: FailureType,
    message: string,
    readonly place: FailurePlace = {},
    options?: { readonly cause?: unknown; readonly evidence?: FailureEvidence },
  ) {
    super(message, options);
    this.evidence = options?.evidence;
  }
}

export function isFailureType(type: unknown): type is FailureType {
  return typeof type === 'string' && Object.hasOwn(FAILURES, type);
}

export function isHoldfastError(error: unknown): error is HoldfastError {
  return error instanceof Error && error.name === 'HoldfastError' && isFailureType((error as HoldfastError).type);
}

export function failure(type: FailureType, message: string, place: FailurePlace = {}): Failure {
  return { type, message, action: FAILURES[type].action, ...place };
}

/** Any error as a catalogue entry; what is not known is `InternalError`, never a success. */
export function failureOf(error: unknown, place: FailurePlace = {}): Failure {
  if (isHoldfastError(error)) return failure(error.type, error.message, { ...place, ...error.place });
  return failure('InternalError', error instanceof Error ? error.message : String(error), place);
}
