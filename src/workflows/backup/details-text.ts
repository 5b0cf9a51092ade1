import type { Status } from '../../core/statuses.js';
import { approvedBy } from '../../core/guard/approval.js';
import type {
  FleetProgress,
  HeldSource,
  HostProgress,
  HostSummary,
  RestoreProgress,
  SourceProgress,
} from '../messages.js';

/** The Markdown that the Temporal UI shows as a Workflow's current details. */
export function hostDetails({ host, doing, sources }: HostProgress): string {
  const rows = sources.slice(0, 100).map(sourceRow);
  return `**${host}**: ${doing}\n\n| source | engine | status | shards | stored |\n|---|---|---|---|---|\n${rows.join('\n')}`;
}

const sourceRow = ({ source, engine, step, status, shardsDone, shardsTotal, storedBytes }: SourceProgress): string =>
  `| ${source} | ${engine} | ${status ?? step} | ${shardsTotal === 0 ? '' : `${shardsDone} of ${shardsTotal}`} | ${megabytes(storedBytes)} |`;

export function fleetDetails({
  plan,
  hostsDone,
  hostsTotal,
  counts,
  running,
  hosts,
  paused,
  holds = [],
}: FleetProgress): string {
  const tally = (Object.keys(counts) as Status[]).filter((status) => counts[status] > 0);
  const worst = hosts.filter(({ status }) => status !== 'ok').slice(0, 50);
  return [
    `**${plan}**: ${hostsDone} of ${hostsTotal} hosts ended${tally.map((status) => `, ${counts[status]} ${status}`).join('')}`,
    paused === undefined ? '' : `Paused by ${approvedBy(paused)} since ${new Date(paused.sinceMs).toISOString()}`,
    running.length === 0 ? '' : `Running: ${running.map(({ host }) => host).join(', ')}`,
    holds.slice(0, 50).map(holdLine).join('\n'),
    worst.map(hostLine).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const holdLine = ({ host, source, message, untilMs }: HeldSource): string =>
  `- ${host}:${source} is held${untilMs === undefined ? '' : `; \`approve\` or \`reject\` is waited for until ${new Date(untilMs).toISOString()}`}: ${message}`;

const hostLine = ({ host, status, failure, sources }: HostSummary): string =>
  `- ${host}: **${status}** ${failure?.message ?? sources[0]?.failure?.message ?? ''}`.trimEnd();

export function restoreDetails({
  step,
  backupId,
  targetPath,
  partsDone,
  partsTotal,
  bytesRead,
}: RestoreProgress): string {
  const what = backupId === undefined ? '' : ` ${backupId} to \`${targetPath ?? ''}\``;
  const parts = partsTotal === 0 ? '' : `, ${partsDone} of ${partsTotal} shards`;
  return `**${step}**${what}${parts}${bytesRead === 0 ? '' : `, ${megabytes(bytesRead)} read`}`;
}

const megabytes = (bytes: number): string => (bytes === 0 ? '' : `${(bytes / 1_000_000).toFixed(1)} MB`);
