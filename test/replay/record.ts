/**
 * Records every scenario's history into test/replay/histories/<version>/. See README.md for when.
 *
 *   npx tsx test/replay/record.ts [scenario…]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { recordActivities } from '../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../support/temporal.js';
import { HISTORIES } from './histories.js';
import { SCENARIOS, type Scenario } from './scenarios.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const wanted = process.argv.slice(2);

const temporal = await startTemporal();
try {
  mkdirSync(join(HISTORIES, version), { recursive: true });
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const history = await record(temporal, scenario);
    writeFileSync(join(HISTORIES, version, `${name}.json`), `${JSON.stringify(history, withoutTraces, 1)}\n`);
    process.stdout.write(`${version}/${name}\n`);
  }
} finally {
  await temporal.stop();
}

async function record(
  server: TemporalForTests,
  { type, input, child, hosts, overrides, cancelAt }: Scenario,
): Promise<unknown> {
  const { activities, called } = recordActivities(hosts, overrides);
  const { workflow } = server.environment.client;
  return server.withWorker(
    activities,
    async ({ start }) => {
      const started = await start(type, input, `recorded/${type}`);
      const recorded = child === undefined ? started : workflow.getHandle(child);
      if (cancelAt !== undefined) {
        await called(cancelAt);
        await recorded.cancel();
      }
      // Some scenarios fail; how they end is the workflow tests' business.
      await started.result().catch(() => undefined);
      return JSON.parse(historyToJSON(await recorded.fetchHistory())) as unknown;
    },
    { taskQueue: 'holdfast' },
  );
}

/** Replay needs none of what names this machine: stack traces hold paths, identities a process and a host. */
function withoutTraces(key: string, value: unknown): unknown {
  if (key === 'stackTrace') return '';
  return key === 'identity' || key === 'lastWorkerIdentity' ? 'recorder' : value;
}
