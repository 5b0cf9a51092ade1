import { readFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';
import * as workflows from '../../src/workflows/index.js';
import { workflowBundle } from '../support/temporal.js';
import { readHistories, type RecordedHistory } from './histories.js';
import { SCENARIOS } from './scenarios.js';

const histories = readHistories();
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const nameOf = (recorded: RecordedHistory): string => `${recorded.version}/${recorded.scenario}`;

/** Payloads stand in base64. */
const decoded = (key: string, value: unknown): unknown =>
  key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value;

async function replay(history: unknown, workflowId: string): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, workflowId);
}

describe('recordings', () => {
  test('there are some of every Workflow Type', () => {
    const recorded = new Set(histories.map(({ workflowType }) => workflowType));
    expect([...recorded].sort()).toEqual(Object.keys(workflows).sort());
  });

  test('this version has one of every scenario, and no other', () => {
    const recorded = histories.filter((one) => one.version === version).map(({ scenario }) => scenario);
    expect(recorded.sort()).toEqual(Object.keys(SCENARIOS).sort());
  });

  test('name no path, process or host of the machine that made them', () => {
    for (const { history } of histories) {
      const text = JSON.stringify(history, decoded);
      expect(text).not.toMatch(/\/(home|root|work|tmp|Users)\//);
      expect(text).not.toMatch(/"identity":"(?!recorder")/);
    }
  });
});

describe('replay', () => {
  test.each(histories.map((recorded) => [nameOf(recorded), recorded] as const))(
    '%s goes as it went',
    async (_, recorded) => {
      await replay(recorded.history, recorded.workflowId);
    },
  );

  test('a history in which another step was taken is refused', async () => {
    const good = histories.find((recorded) => recorded.scenario === 'host-backup-mirror');
    const broken = JSON.parse(JSON.stringify(good?.history).replaceAll('"inspectMirror"', '"planArchive"')) as unknown;
    await expect(replay(broken, 'host/web1')).rejects.toThrow(/[Nn]ondeterminism|planArchive/);
  });

  test('a history in which two steps changed places is refused', async () => {
    const good = histories.find((recorded) => recorded.scenario === 'host-backup-mirror');
    const text = JSON.stringify(good?.history)
      .replaceAll('"syncMirror"', '"SWAPPED"')
      .replaceAll('"commitMirror"', '"syncMirror"')
      .replaceAll('"SWAPPED"', '"commitMirror"');
    await expect(replay(JSON.parse(text), 'host/web1')).rejects.toThrow(/[Nn]ondeterminism|Mirror/);
  });
});
