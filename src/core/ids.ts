/** Ids that people see and that must not change: backups, Workflows, Schedules, task queues. */

const BACKUP_ID = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-(\d{1,4})$/;

export interface ParsedBackupId {
  readonly timeMs: number;
  readonly level: number;
}

/** `20261121T042200Z-0`: UTC start in whole seconds, level. Ids of one source sort by time. */
export const backupId = (timeMs: number, level: number): string => `${compactStamp(timeMs)}-${level}`;

/** `20261121T042200Z`: UTC in whole seconds. */
export const compactStamp = (timeMs: number): string =>
  new Date(timeMs)
    .toISOString()
    .replace(/\.\d{3}Z$/, 'Z')
    .replace(/[-:]/g, '');

export function parseBackupId(id: string): ParsedBackupId | undefined {
  const match = BACKUP_ID.exec(id);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second, level] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const timeMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return backupId(timeMs, level) === id ? { timeMs, level } : undefined;
}

const stampOf = (timeMs: number): string => new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z');

export const TASK_QUEUE = 'holdfast';
/** The queue of one machine's workers, for steps that touch that machine's own disk. */
export const machineTaskQueue = (machine: string): string => `holdfast-${machine}`;

export const fleetBackupWorkflowId = (plan: string, timeMs: number, nonce: string): string =>
  `backup/${plan}/${stampOf(timeMs)}-${nonce}`;
/** The mutex of a host: at most one open execution bears it. */
export const hostBackupWorkflowId = (host: string): string => `host/${host}`;
export const restoreWorkflowId = (host: string, source: string, request: string): string =>
  `restore/${host}/${source}/${request}`;
/** One prune of a destination at a time. */
export const pruneWorkflowId = (destination: string): string => `prune/${destination}`;
export const prunesWorkflowId = (timeMs: number, nonce: string): string => `prunes/${stampOf(timeMs)}-${nonce}`;
export const consolidationWorkflowId = (host: string, source: string): string => `consolidate/${host}/${source}`;
export const verifyWorkflowId = (timeMs: number, nonce: string): string => `verify/${stampOf(timeMs)}-${nonce}`;
export const drillWorkflowId = (timeMs: number, nonce: string): string => `drill/${stampOf(timeMs)}-${nonce}`;
export const snapshotsWorkflowId = (timeMs: number, nonce: string): string => `snapshots/${stampOf(timeMs)}-${nonce}`;
/** One scan of a host's sizes at a time; no lock of the host. */
export const sizesWorkflowId = (host: string): string => `sizes/${host}`;
export const sizeScanWorkflowId = (timeMs: number, nonce: string): string => `sizes-scan/${stampOf(timeMs)}-${nonce}`;
/** One for each configuration, and for each machine that keeps a catalog of its own. */
export const sendMetricsWorkflowId = (configPath: string, machine?: string): string =>
  machine === undefined ? `metrics/${configPath}` : `metrics/${machine}:${configPath}`;
export const backfillWorkflowId = (timeMs: number, nonce: string): string =>
  `metrics-backfill/${stampOf(timeMs)}-${nonce}`;
export const scheduleId = (name: string): string => `backup/${name}`;
