import { isCancellation } from '@temporalio/workflow';
import { failed, statusOfChecks } from '../../core/hosts/checks.js';
import { local, quick, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { settleEach } from '../fan-out.js';
import { fittedChecks } from './fitted-checks.js';
import type { VerifiedHost, VerifyHostsInput, VerifyHostsResult } from '../messages.js';

/** So many hosts' checks are one answer; the client asks for the next ones. */
const PAGE = 20;

/** Looks at each selected host as its backups will need it, so many at a time, and changes nothing. */
export async function verifyHosts(input: VerifyHostsInput): Promise<VerifyHostsResult> {
  const { configPath, selection, parallelHosts, after: offset = 0 } = input;
  const page = await step('read the hosts', local.listHosts, { configPath, selection, offset, limit: PAGE }).catch(
    (error: unknown) => {
      throw endAs(failureOfActivity(error));
    },
  );
  const waiting = [...page.hosts.entries()];
  const hosts: VerifiedHost[] = [];
  await settleEach(
    parallelHosts,
    async () => waiting.shift(),
    async ([index, host]) => {
      hosts[index] = await verifyHost(host, input);
    },
  );
  const next = offset + page.hosts.length;
  return {
    hosts,
    notes: offset === 0 ? page.notes : [],
    ...(next < page.total && page.hosts.length > 0 ? { next } : {}),
  };
}

async function verifyHost(name: string, { configPath, selection }: VerifyHostsInput): Promise<VerifiedHost> {
  const startedAtMs = Date.now();
  try {
    const host = await step(`read what the configuration says of ${name}`, local.loadHost, {
      configPath,
      host: name,
      selection,
    });
    const { address, checks, durationMs } = await step(`verify ${name}`, quick.verifyHost, { host });
    return { host: name, address, status: statusOfChecks(checks), ...fittedChecks(checks), durationMs };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { type, message, action } = failureOfActivity(error, { host: name });
    const checks = [failed('configuration', type, message, action)];
    return { host: name, address: '', status: 'failed', checks, left: 0, durationMs: Date.now() - startedAtMs };
  }
}
