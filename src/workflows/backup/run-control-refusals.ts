import type { Status } from '../../core/statuses.js';
import type { FleetRecord } from './fleet-record.js';
import type { OrderForHosts } from '../messages.js';
import { refusal, requireName } from '../run-refusal.js';

const RETRIED: ReadonlySet<Status> = new Set(['failed', 'skipped', 'cancelled', 'warning']);
const HOSTS_AT_MOST = 500;

/** Validators of `skipHost` and `retryHost`: they throw what the update is refused with. */
export function refuseSkip(order: OrderForHosts, record: FleetRecord): void {
  requireHosts(order);
  const ended = order.hosts.map((host) => record.ofHost(host)).find((summary) => summary !== undefined);
  if (ended === undefined) return;
  const instead = ended.status === 'held' ? '; `holdfast reject` ends the waiting for its held sources' : '';
  throw refusal('RunControlRefused', `${ended.host} has ended already (${ended.status})${instead}.`);
}

export function refuseRetry(order: OrderForHosts, record: FleetRecord, isBusy: (host: string) => boolean): void {
  requireHosts(order);
  for (const host of order.hosts) {
    if (isBusy(host)) throw refusal('RunControlRefused', `${host} is at work, or about to be.`);
    const status = record.ofHost(host)?.status;
    if (status === undefined)
      throw refusal('RunControlRefused', `${host} has not ended yet in this run, or is not named in its result.`);
    if (status === 'held') throw refusal('RunControlRefused', `${host} is held: \`holdfast approve\` goes on with it.`);
    if (!RETRIED.has(status))
      throw refusal('RunControlRefused', `${host} has ended ${status}: there is nothing to repeat.`);
  }
}

function requireHosts(order: OrderForHosts): void {
  requireName('RunControlRefused', order);
  const { hosts } = order;
  if (!Array.isArray(hosts) || hosts.length === 0 || hosts.length > HOSTS_AT_MOST)
    throw refusal('RunControlRefused', `Name 1 to ${HOSTS_AT_MOST} hosts.`);
}
