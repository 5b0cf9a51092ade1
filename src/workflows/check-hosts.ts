import { isCancellation } from '@temporalio/workflow';
import type { HostPlan } from '../core/plan.js';
import { local, quick, step } from './activity-profiles.js';
import { endAs } from './conclude.js';
import { failureOfActivity } from './failure-of-activity.js';
import { settleEach } from './fan-out.js';
import type { CheckHostsInput, CheckHostsResult, HostCheck } from './messages.js';

/** More hosts than this need a narrower question. */
const HOSTS_AT_MOST = 200;

/** Looks at each selected host as a backup would, and changes nothing. */
export async function checkHosts({ configPath, selection, parallelHosts }: CheckHostsInput): Promise<CheckHostsResult> {
  const page = await step('read the hosts', local.listHosts, {
    configPath,
    selection,
    offset: 0,
    limit: HOSTS_AT_MOST,
  }).catch((error: unknown) => {
    throw endAs(failureOfActivity(error));
  });
  const waiting = [...page.hosts.entries()];
  const checks: HostCheck[] = [];
  await settleEach(
    parallelHosts,
    async () => waiting.shift(),
    async ([index, host]) => {
      checks[index] = await checkHost(host, { configPath, selection });
    },
  );
  const left = page.total - page.hosts.length;
  return { hosts: checks, notes: left > 0 ? [...page.notes, `${left} more hosts were not looked at.`] : page.notes };
}

async function checkHost(name: string, at: Pick<CheckHostsInput, 'configPath' | 'selection'>): Promise<HostCheck> {
  let plan: HostPlan | undefined;
  try {
    plan = await step(`read what the configuration says of ${name}`, local.loadHost, { ...at, host: name });
    const probe = await step(`look at ${name}`, quick.probeHost, { host: plan });
    return { ...identityOf(name, plan), probe };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { ...identityOf(name, plan), failure: failureOfActivity(error, { host: name }) };
  }
}

const identityOf = (name: string, plan: HostPlan | undefined): Pick<HostCheck, 'host' | 'address' | 'sources'> => ({
  host: name,
  address: plan === undefined ? '' : addressOf(plan),
  sources: plan?.sources.map(({ name: source, path, engine }) => ({ source, path, engine })) ?? [],
});

const addressOf = ({ name, ssh }: HostPlan): string =>
  `${ssh.user === undefined ? '' : `${ssh.user}@`}${ssh.hostname ?? name}${ssh.port === undefined ? '' : `:${ssh.port}`}`;
