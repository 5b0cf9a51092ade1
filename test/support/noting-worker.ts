import { NativeConnection, Worker } from '@temporalio/worker';
import { hostPlan, sourcePlan } from './plans.js';
import { recordActivities } from './recorded-activities.js';
import { workflowBundle } from './temporal.js';

/** A worker that prints what it is to note, and then neither notes nor answers: it is to be killed. `node --import tsx noting-worker.ts ADDRESS TASK-QUEUE SOURCE…` */
const [address, taskQueue, ...sources] = process.argv.slice(2) as [string, string, ...string[]];
const host = hostPlan({ sources: sources.map((name) => sourcePlan({ name })) });
const { activities } = recordActivities([host], {
  noteEnded: async ({ records }) => {
    process.stdout.write(`${JSON.stringify(records)}\n`);
    if (records.some(({ kind }) => kind === 'host')) await new Promise(() => undefined);
  },
});
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowBundle: await workflowBundle(),
  activities,
});
await worker.run();
