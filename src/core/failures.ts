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
    'Check ssh_user and ssh_key, the key’s permissions (0600), and authorized_keys on the host.',
  ),
  HostKeyUnknown: entry(
    false,
    502,
    'The host’s SSH key is not known.',
    'Compare its fingerprint, then add it to known_hosts (ssh-keyscan, or log in once as the worker’s user).',
  ),
  HostKeyChanged: entry(
    false,
    502,
    'The host’s SSH key has changed.',
    'Find out why before going on: it may be another machine. Then replace the line in known_hosts.',
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
    'Raise script_timeout, or find out what it waits for.',
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
  SourceHeld: entry(
    false,
    409,
    'The source is empty, or too much of it is gone.',
    'Look at the source; when it is as it should be, run the backup again with --approve, or raise max_delete.',
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
  NothingToRestore: entry(
    false,
    404,
    'Nothing in the backup matches what was asked for.',
    'Check the patterns of --include: they are relative to the source; `*` does not cross `/`, `**` does.',
  ),
  MirrorUnfinished: entry(
    false,
    409,
    'The mirror was left half synchronised.',
    'Run the backup again; or, if the host is gone, restore what is there with --unfinished.',
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
  RestoreIncomplete: entry(
    false,
    500,
    'Not everything was restored as recorded.',
    'See the entries named; run the same restore again, or restore from another backup.',
  ),

  Busy: entry(false, 409, 'Another run of this host is going on.', 'Wait for it, or look at it with `holdfast runs`.'),
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
  constructor(
    readonly type: FailureType,
    message: string,
    readonly place: FailurePlace = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
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
