import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ScheduleClient, ScheduleNotFoundError } from '@temporalio/client';
import { parseConfig } from '../../src/config/load.js';
import { longestGapMs } from '../../src/config/schedule-gap.js';
import { applySchedules, type ApplyOptions } from '../../src/client/schedules/apply.js';
import { deleteSchedule, pauseSchedule, resumeSchedule, triggerSchedule } from '../../src/client/schedules/control.js';
import { describeOwned, scheduleSummary } from '../../src/client/schedules/list.js';
import { startTemporal, type TemporalForTests } from '../support/temporal.js';

let temporal: TemporalForTests;
let client: ScheduleClient;
beforeAll(async () => {
  temporal = await startTemporal();
  client = temporal.environment.client.schedule;
});
afterAll(() => temporal.stop());
// By name: the server's list may not have them yet.
afterEach(async () => {
  const names = [
    'tidy',
    'night',
    'often',
    'theirs',
    'foreign',
    ...Array.from({ length: 9 }, (_, index) => `c${index}`),
  ];
  const gone = (error: unknown) => {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  };
  await Promise.all(names.map((name) => client.getHandle(`backup/${name}`).delete().catch(gone)));
});

const OPTIONS: ApplyOptions = {
  configPath: '/etc/holdfast/config.yaml',
  parallelHosts: 20,
  dryRun: false,
  prune: false,
};

function plansOf(schedules: string) {
  const text = `config: {backup_base: /b}\nhosts: {h: {tags: [t], paths: [{path: /a}]}}\nschedules:\n${schedules}`;
  return parseConfig(text, 'f').schedules;
}
const apply = async (schedules: string, options: Partial<ApplyOptions> = {}) => {
  const applied = await applySchedules(client, plansOf(schedules), { ...OPTIONS, ...options });
  return Object.fromEntries(applied.map(({ id, change }) => [id, change]));
};
const describe = (name: string) => client.getHandle(`backup/${name}`).describe();
/** The server's list lags behind what was made or deleted. */
const listed = (names: readonly string[]) =>
  expect
    .poll(async () => (await describeOwned(client)).map((schedule) => scheduleSummary(schedule).name), {
      timeout: 20_000,
    })
    .toEqual(names);

const NIGHT = '  night: {cron: "30 2 * * *", timezone: Europe/Berlin, jitter: 10m}\n';
const OFTEN =
  '  often: {every: 6h, offset: 30m, hosts: [h], tags: [t], overlap: buffer_one, paused: true, full: true, note: by hand}\n';

test('a schedule of the configuration becomes a Temporal Schedule that leaves nothing to defaults', async () => {
  expect(await apply(NIGHT + OFTEN)).toEqual({ 'backup/night': 'created', 'backup/often': 'created' });
  const night = await describe('night');
  expect(night.policies).toEqual({ overlap: 'SKIP', catchupWindow: 86_400_000, pauseOnFailure: false });
  expect(night.spec).toMatchObject({ timezone: 'Europe/Berlin', jitter: 600_000 });
  expect(night.spec.calendars?.[0]).toMatchObject({ hour: [{ start: 2 }], minute: [{ start: 30 }] });
  expect(night.action).toMatchObject({
    workflowType: 'fleetBackup',
    taskQueue: 'holdfast',
    workflowId: 'backup/night',
    args: [
      {
        configPath: '/etc/holdfast/config.yaml',
        plan: 'night',
        selection: { hosts: [], sources: [], tags: [] },
        options: { dryRun: false, full: false, approve: false },
        parallelHosts: 20,
      },
    ],
  });
  const often = await describe('often');
  expect(often.policies).toEqual({ overlap: 'BUFFER_ONE', catchupWindow: 21_600_000, pauseOnFailure: false });
  expect(often.spec.intervals).toEqual([{ every: 21_600_000, offset: 1_800_000 }]);
  expect(often.state).toMatchObject({ paused: true, note: 'by hand' });
  expect(often.action.args).toMatchObject([{ selection: { hosts: ['h'], tags: ['t'] }, options: { full: true } }]);
});

test('a schedule that prunes starts a prune of what it selects, which nobody has approved', async () => {
  expect(await apply('  tidy: {cron: "0 5 * * *", action: prune, hosts: [h]}\n')).toEqual({ 'backup/tidy': 'created' });
  expect((await describe('tidy')).action).toMatchObject({
    workflowType: 'pruneDestinations',
    args: [
      {
        configPath: '/etc/holdfast/config.yaml',
        selection: { hosts: ['h'], sources: [], tags: [] },
        approve: false,
        sweepOnly: false,
      },
    ],
  });
});

test('applying twice changes nothing; a change changes only its schedule, and leaves one paused that a person paused', async () => {
  await apply(NIGHT + OFTEN);
  await pauseSchedule(client, 'night', 'holiday');
  const before = await describe('night');
  expect(await apply(NIGHT + OFTEN)).toEqual({ 'backup/night': 'unchanged', 'backup/often': 'unchanged' });
  expect(await describe('night')).toMatchObject({
    info: { lastUpdatedAt: before.info.lastUpdatedAt },
    state: { paused: true, note: 'holiday' },
  });
  expect(await apply(NIGHT.replace('30 2', '45 3') + OFTEN)).toEqual({
    'backup/night': 'updated',
    'backup/often': 'unchanged',
  });
  const after = await describe('night');
  expect(after.spec.calendars?.[0]).toMatchObject({ hour: [{ start: 3 }], minute: [{ start: 45 }] });
  expect(after.state.paused).toBe(true);
  expect(await apply(NIGHT + OFTEN, { parallelHosts: 5 })).toEqual({
    'backup/night': 'updated',
    'backup/often': 'updated',
  });
});

test('a dry run says what would be done and changes nothing', async () => {
  expect(await apply(NIGHT, { dryRun: true })).toEqual({ 'backup/night': 'created' });
  await expect(describe('night')).rejects.toThrow();
  await apply(NIGHT + OFTEN);
  await listed(['night', 'often']);
  expect(await apply(NIGHT.replace('30 2', '0 4'), { dryRun: true, prune: true })).toEqual({
    'backup/night': 'updated',
    'backup/often': 'deleted',
  });
  expect((await describe('night')).spec.calendars?.[0]).toMatchObject({ hour: [{ start: 2 }] });
  await describe('often');
});

test('what the file does not have any more is named, and deleted only with prune; other files’ schedules are left alone', async () => {
  await apply(NIGHT + OFTEN);
  await apply('  theirs: {every: 1h}\n', { configPath: '/other.yaml' });
  await client.create({
    scheduleId: 'backup/foreign',
    spec: { intervals: [{ every: '1h' }] },
    action: { type: 'startWorkflow', workflowType: 'x', taskQueue: 'x' },
  });
  await listed(['night', 'often', 'theirs']);
  expect(await apply(NIGHT)).toEqual({ 'backup/night': 'unchanged', 'backup/often': 'orphaned' });
  expect(await apply(NIGHT, { prune: true })).toEqual({ 'backup/night': 'unchanged', 'backup/often': 'deleted' });
  await listed(['night', 'theirs']);
  await describe('foreign');
});

test('a name that another file or program has is refused before anything is changed', async () => {
  await apply('  theirs: {every: 1h}\n', { configPath: '/other.yaml' });
  await expect(apply(`${NIGHT}  theirs: {every: 2h}\n`)).rejects.toMatchObject({
    type: 'ScheduleForeign',
    message: 'Schedule backup/theirs belongs to /other.yaml; nothing was changed.',
  });
  await expect(describe('night')).rejects.toThrow();
});

test('a trigger starts a run at once and names it; while that runs, another is refused', async () => {
  await apply(OFTEN);
  const workflowId = await triggerSchedule(client, 'often');
  expect(workflowId).toMatch(/^backup\/often-/);
  const run = temporal.environment.client.workflow.getHandle(workflowId);
  expect(await run.describe()).toMatchObject({
    type: 'fleetBackup',
    taskQueue: 'holdfast',
    status: { name: 'RUNNING' },
  });
  await expect(triggerSchedule(client, 'often')).rejects.toMatchObject({ type: 'Busy' });
  await listed(['often']);
  const [summary] = (await describeOwned(client)).map(scheduleSummary);
  expect(summary).toMatchObject({
    when: 'every 6h + 30m',
    paused: true,
    next: null,
    running: [workflowId],
    last: { workflow_id: workflowId },
  });
  await run.terminate();
});

test('schedules are paused, resumed and deleted by name; a wrong name is told from the right one', async () => {
  await apply(NIGHT);
  await pauseSchedule(client, 'night', 'x');
  expect((await describe('night')).state.paused).toBe(true);
  await resumeSchedule(client, 'night', 'y');
  expect((await describe('night')).state.paused).toBe(false);
  await listed(['night']);
  await expect(pauseSchedule(client, 'nigth', 'x')).rejects.toMatchObject({
    type: 'ScheduleNotFound',
    message: 'There is no schedule "nigth"; did you mean "night"?',
  });
  await deleteSchedule(client, 'night');
  await expect(deleteSchedule(client, 'night')).rejects.toMatchObject({ type: 'ScheduleNotFound' });
});

test('the server understands every cron line that the configuration takes, in the same way', async () => {
  const lines = [
    '@hourly',
    '@daily',
    '@weekly',
    '@monthly',
    '@yearly',
    '*/15 8-18/2 1,15 JAN-mar MON-FRI',
    '0 0 * * 7',
    '5/20 * * * *',
    '59 23 31 12 6',
  ];
  await apply(lines.map((cron, index) => `  c${index}: {cron: "${cron}"}\n`).join(''));
  const spec = (await describe('c5')).spec.calendars?.[0];
  expect(spec).toMatchObject({
    minute: [{ start: 0, end: 59, step: 15 }],
    hour: [{ start: 8, end: 18, step: 2 }],
    month: [{ start: 'JANUARY', end: 'MARCH' }],
    dayOfWeek: [{ start: 'MONDAY', end: 'FRIDAY' }],
  });
  expect((await describe('c6')).spec.calendars?.[0]).toMatchObject({ dayOfWeek: [{ start: 'SUNDAY' }] });
  expect((await describe('c7')).spec.calendars?.[0]).toMatchObject({ minute: [{ start: 5, end: 59, step: 20 }] });
});

test('what the server is to start is never further apart than the configuration expects', async () => {
  const lines = ['0 2 13 * FRI', '0 9-17 * * 1-5', '0 0 28 * *', '*/7 22 * * *', '0 */5 * * 0,7'];
  const text = lines.map((cron, index) => `  c${index}: {cron: "${cron}"}\n`).join('');
  await apply(text);
  for (const plan of plansOf(text)) {
    const { nextActionTimes } = (await describe(plan.name)).info;
    const gaps = nextActionTimes.slice(1).map((time, index) => Number(time) - Number(nextActionTimes[index]));
    expect(gaps).toHaveLength(9);
    expect(Math.max(...gaps), lines.join()).toBeLessThanOrEqual(longestGapMs(plan) ?? 0);
  }
  const fridays = (await describe('c0')).info.nextActionTimes.map((time) => [time.getUTCDate(), time.getUTCDay()]);
  expect(new Set(fridays.map(String))).toEqual(new Set(['13,5']));
});
