import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { desiredSchedule } from '../../src/client/schedules/desired.js';

const started = (schedule: string) => {
  const text = `config: {backup_base: /b}\nhosts: {h: {paths: [{path: /a}]}}\nschedules:\n  s: ${schedule}\n`;
  const [plan] = parseConfig(text, 'f').schedules;
  if (plan === undefined) throw new Error('no schedule');
  const { action } = desiredSchedule(plan, { configPath: '/c.yaml', parallelHosts: 20 });
  return { type: action.workflowType, input: action.args?.[0] as unknown, summary: action.staticSummary };
};

test('a schedule verifies, a share of the content with each run', () => {
  expect(started('{every: 1d, action: verify, read_data: 10, hosts: [h]}')).toEqual({
    type: 'verifyBackups',
    summary: 'scheduled verify s',
    input: {
      configPath: '/c.yaml',
      selection: { hosts: ['h'], sources: [], tags: [] },
      which: { latest: true },
      readPercent: 10,
      parallelSources: 2,
    },
  });
});

test('a schedule drills', () => {
  expect(started('{every: 7d, action: drill}')).toMatchObject({
    type: 'restoreDrill',
    input: { point: { latest: true }, sample: { files: 100, bytes: 1_073_741_824 } },
  });
});

test('a schedule measures sizes, each directory within the time of the configuration', () => {
  expect(started('{every: 7d, action: sizes, hosts: [h]}')).toMatchObject({
    type: 'scanSizes',
    summary: 'scheduled sizes s',
    input: { selection: { hosts: ['h'] }, limitMs: 600_000 },
  });
});

test('what goes with another action only is a mistake', () => {
  expect(() => started('{every: 1d, action: drill, read_data: 10}')).toThrow(/it goes with action: verify/);
  expect(() => started('{every: 1d, action: verify, full: true}')).toThrow(/it goes with action: backup/);
});
