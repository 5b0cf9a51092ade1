import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Providers } from '../../../src/activities/activity-control.js';
import { createActivities } from '../../../src/activities/create-activities.js';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import type { HostPlan } from '../../../src/core/plan.js';
import { startLoopbackHost, type LoopbackHost } from '../../../src/demo/loopback-host.js';
import { SystemNetwork } from '../../../src/providers/network/system-network.js';
import { SshConfigFiles } from '../../../src/providers/remote/ssh-config-file.js';
import { sshRoute } from '../../../src/providers/remote/ssh-route.js';
import { SshRunner } from '../../../src/providers/remote/ssh-runner.js';
import type { VerifyHostsResult } from '../../../src/workflows/messages.js';
import { sourcePlan } from '../../support/plans.js';
import { providersWith } from '../../support/providers.js';
import { recordActivities } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

const HOSTS = 20;

let directory: string;
let hosts: LoopbackHost[];
let temporal: TemporalForTests;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-twenty-'));
  const names = Array.from({ length: HOSTS }, (_, index) => `host${index}`);
  for (const name of [...names, 'backup']) await mkdir(join(directory, name));
  const start = (name: string): Promise<LoopbackHost> => {
    const sshdOptions = name === 'host3' ? ['ForceCommand echo hello; eval "$SSH_ORIGINAL_COMMAND"'] : [];
    return startLoopbackHost({ name, directory: join(directory, name), sshdOptions });
  };
  hosts = await Promise.all(names.map(start));
  temporal = await startTemporal();
});

afterAll(async () => {
  await temporal.stop();
  await Promise.all(hosts.map((host) => host.stop()));
  await rm(directory, { recursive: true });
});

/** As the configuration has them; some are not as they should be. */
function plans(): HostPlan[] {
  const source = sourcePlan({
    path: '/etc',
    destination: { name: 'vault', type: 'local', path: join(directory, 'backup') },
  });
  return hosts.map((host, index) => {
    const plan = host.plan([index === 4 ? { ...source, path: '/no/such' } : source]);
    const ssh = {
      ...plan.ssh,
      ...(index === 0 ? { port: 1 } : {}),
      ...(index === 1 ? { identityFile: '/no/such/key' } : {}),
      ...(index === 2 ? { options: { UserKnownHostsFile: join(directory, 'strangers') } } : {}),
    };
    return { ...plan, ssh };
  });
}

test(`${HOSTS} hosts at a time, each with its own verdict: what is wrong with one says nothing of the others`, async () => {
  await writeFile(join(directory, 'strangers'), '');
  const configs = new SshConfigFiles(join(directory, 'runtime'), []);
  const providers: Providers = providersWith({
    runnerFor: (plan) => new SshRunner(plan, configs),
    sshRouteFor: (plan, signal) => sshRoute(plan, configs, signal),
    network: new SystemNetwork(),
  });
  const { activities } = recordActivities(plans());
  const real = createActivities(providers);
  await temporal.withWorker({ ...activities, verifyHost: (input) => real.verifyHost(input) }, async ({ start }) => {
    const input = { configPath: '/x', selection: { hosts: [], sources: [], tags: [] }, parallelHosts: HOSTS };
    const { hosts: verified } = await resultOf<VerifyHostsResult>(await start('verifyHosts', input));
    expect(verified.map(({ host }) => host)).toEqual(hosts.map(({ name }) => name));
    const failures = verified.map(({ checks }) =>
      checks.filter(({ state }) => state === 'failed').map(({ check, type }) => [check, type]),
    );
    expect(failures.slice(0, 5)).toEqual([
      [['port', 'HostUnreachable']],
      [['login', 'HostAuthFailed']],
      [['host key', 'HostKeyUnknown']],
      [['shell', 'HostShellPrintsText']],
      [['path', 'SourceMissing']],
    ]);
    expect(failures.slice(5)).toEqual(Array.from({ length: HOSTS - 5 }, () => []));
  });
});
