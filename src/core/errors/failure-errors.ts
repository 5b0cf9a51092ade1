import type { FailureType } from '../failures.js';
import type { ErrorType } from './error-types.js';

/** What is at fault when a failure ends a step. A failure that is new must be given its type here. */
const FAILURE_ERRORS: Readonly<Record<FailureType, ErrorType>> = {
  ConfigInvalid: 'configuration',
  ConfigNotFound: 'configuration',
  ConfigExists: 'configuration',
  HostNotInConfig: 'configuration',
  SourceNotInConfig: 'configuration',
  ScheduleNotFound: 'configuration',
  ScheduleForeign: 'configuration',
  SecretUnavailable: 'configuration',

  HostUnreachable: 'connection',
  HostAuthFailed: 'permission',
  HostKeyUnknown: 'permission',
  HostKeyChanged: 'permission',
  HostShellPrintsText: 'protocol',
  ToolMissing: 'configuration',

  SourceMissing: 'vanished',
  SourceUnreadable: 'permission',
  SourceNotDirectory: 'configuration',
  HookFailed: 'hook',
  HookNotFound: 'hook',
  // The limit is the script's own.
  HookTimedOut: 'hook',

  FreezeFailed: 'other',
  ThawFailed: 'other',

  DumpFailed: 'other',
  DatabaseUnreachable: 'connection',
  DatabaseLoginFailed: 'permission',
  DatabaseNotFound: 'configuration',

  TransferInterrupted: 'connection',
  RemoteCommandFailed: 'other',
  RsyncFailed: 'other',
  RsyncInterrupted: 'connection',
  TransferSlow: 'other',
  SourceHeld: 'other',

  DestinationFull: 'disk_full',
  DestinationUnreachable: 'connection',
  DestinationDenied: 'permission',
  DestinationNotFound: 'configuration',
  DestinationInvalid: 'configuration',

  ObjectMissing: 'other',
  ObjectDamaged: 'other',
  ManifestDamaged: 'other',
  ManifestUntrusted: 'other',
  RolledBack: 'other',
  KeysMissing: 'configuration',
  RecipientRefused: 'configuration',
  IdentityMissing: 'configuration',
  WrongKey: 'permission',
  BackupDamaged: 'other',
  ContentDiffers: 'other',
  DrillFailed: 'other',
  ChainBroken: 'other',
  ChainMoved: 'other',
  ClockBehind: 'other',
  BackupNotFound: 'other',
  PruneHeld: 'other',
  ConsolidationRefused: 'other',
  NothingToRestore: 'other',
  FileNotInBackup: 'other',
  MirrorUnfinished: 'other',

  SnapshotFailed: 'other',

  LimitRefused: 'other',
  ApprovalRefused: 'other',
  RunControlRefused: 'other',
  HostSkipped: 'other',
  CatalogUnavailable: 'other',
  MetricsNotConfigured: 'configuration',
  MetricsUnreachable: 'connection',
  MetricsDenied: 'permission',
  MetricsNotFound: 'configuration',
  MetricsVersion: 'configuration',
  MetricsForeign: 'configuration',
  MetricsUntrusted: 'permission',
  MetricsRefused: 'other',
  AddressUnavailable: 'configuration',
  RunNotFound: 'other',

  UnsafePath: 'other',
  RestoreTargetInvalid: 'other',
  RestoreTargetFull: 'disk_full',
  ReportNotWritten: 'configuration',
  OutputClosed: 'connection',
  RestoreIncomplete: 'partial',

  Busy: 'other',
  Cancelled: 'other',
  TimedOut: 'timeout',
  TemporalUnreachable: 'connection',
  WorkerMissing: 'other',
  WorkerLost: 'other',
  InternalError: 'other',
};

/** Of a type that a newer version stored: `other`. */
export const errorTypeOfFailure = (type: FailureType): ErrorType =>
  (FAILURE_ERRORS as Partial<Record<FailureType, ErrorType>>)[type] ?? 'other';

/** A hold, a cancellation and a slow transfer say how a source ended, but nothing went wrong with it. */
export const isError = (type: FailureType): boolean =>
  type !== 'Cancelled' && type !== 'SourceHeld' && type !== 'TransferSlow';
