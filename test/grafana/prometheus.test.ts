import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  askingPanels,
  type CommittedPanel,
  committedDashboard,
  committedPath,
  committedYaml,
} from '../support/grafana/committed.js';
import { filledPromql, type Viewed } from '../support/grafana/filled-in.js';
import { DAY_MS, makeMonth } from '../support/grafana/month.js';
import { ODD_NAME } from '../support/grafana/month-fleet.js';
import { pastScrapes } from '../support/grafana/past-scrapes.js';
import { type Answer, askPrometheus, labelValues } from '../support/grafana/prometheus-answers.js';
import { startPrometheus, type TestPrometheus } from '../support/prometheus.js';

const run = promisify(execFile);
const HOUR_MS = 3_600_000;

/** The PromQL set against a real Prometheus that holds five weeks of scrapes of a fleet. */
describe('dashboards and alerts on Prometheus', () => {
  // Subqueries look at full hours, and so does the month.
  const nowMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const view: Viewed = { fromMs: nowMs - 30 * DAY_MS, toMs: nowMs, interval: '1d', step: '2h' };
  let prometheus: TestPrometheus;

  beforeAll(async () => {
    prometheus = await startPrometheus({ past: await pastScrapes(makeMonth(nowMs)) });
  });
  afterAll(() => prometheus.stop());

  const ask = (expr: string, range = false, chosen: Viewed['chosen'] = {}): Promise<Answer[]> =>
    askPrometheus(prometheus.url, filledPromql(expr, { ...view, chosen }), { ...view, range, stepSeconds: 3_600 });
  const panelOf = async (dashboard: string, title: string): Promise<CommittedPanel> => {
    const panels = askingPanels(await committedDashboard('prometheus', dashboard));
    const found = panels.find((panel) => panel.title === title);
    if (found === undefined) throw new Error(`no panel ${title}`);
    return found;
  };
  const answers = async (dashboard: string, title: string, chosen?: Viewed['chosen']): Promise<Answer[][]> =>
    Promise.all(((await panelOf(dashboard, title)).targets ?? []).map(({ expr = '' }) => ask(expr, false, chosen)));
  const figure = async (title: string, chosen?: Viewed['chosen']) =>
    (await answers('fleet', title, chosen)).flat().map(({ values }) => values.at(-1));

  test.each(['fleet', 'host', 'storage'])('every query of every panel of %s is answered', async (dashboard) => {
    for (const { title, targets = [] } of askingPanels(await committedDashboard('prometheus', dashboard)))
      for (const { expr = '', range = false } of targets) {
        const answer = await ask(expr, range);
        expect(
          answer.flatMap(({ values }) => values).some((value) => Number.isFinite(value)),
          `${title}: ${expr}`,
        ).toBe(true);
      }
  });

  test('what is chosen above a dashboard is what it shows, whatever the names are made of', async () => {
    const chosen = { host: ['web1', 'lab1'], source: ['etc', ODD_NAME], destination: ['disk'] };
    for (const dashboard of ['fleet', 'host', 'storage'])
      for (const { title, targets = [] } of askingPanels(await committedDashboard('prometheus', dashboard)))
        for (const { expr = '', range = false } of targets)
          for (const { labels } of await ask(expr, range, chosen)) {
            if (labels['host'] !== undefined) expect(chosen.host, title).toContain(labels['host']);
            if (labels['source'] !== undefined) expect(chosen.source, title).toContain(labels['source']);
            if (labels['destination'] !== undefined) expect(labels['destination'], title).toBe('disk');
          }
    const [odd] = await answers('fleet', 'Proofs that it can be restored', { source: [ODD_NAME] });
    expect(odd).toEqual([]);
    const [, unproven] = await answers('fleet', 'Proofs that it can be restored', { source: [ODD_NAME] });
    expect(unproven?.map(({ labels }) => labels['source'])).toEqual([ODD_NAME]);
  });

  test('variables offer the hosts, the sources of the chosen hosts, and the destinations', async () => {
    const { templating } = await committedDashboard('prometheus', 'fleet');
    const offered = (name: string, chosen: Viewed['chosen'] = {}) => {
      const { query = '' } = templating.list.find((one) => one.name === name) ?? {};
      return labelValues(prometheus.url, filledPromql(query, { ...view, chosen }));
    };
    expect(await offered('host')).toEqual(['app1', 'db1', 'dev1', 'files1', 'lab1', 'mail1', 'new1', 'web1']);
    expect(await offered('source', { host: ['web1'] })).toEqual(['etc', 'www']);
    expect(await offered('destination')).toEqual(['disk', 'vault']);
  });

  test('red are those that are unprotected, with why, and nobody else', async () => {
    const [why = [], lastRun = [], overdue = [], since = []] = await answers('fleet', 'What is red now');
    const by = (answer: readonly Answer[], label: string): Readonly<Record<string, string | undefined>> =>
      Object.fromEntries(answer.map(({ labels }) => [labels['host'] ?? '', labels[label]] as const));
    expect(by(why, 'type')).toEqual({ app1: 'TransferInterrupted', db1: 'HostUnreachable' });
    expect(by(lastRun, 'outcome')).toEqual({ app1: 'failed', db1: 'failed', dev1: 'held' });
    expect(
      overdue
        .filter(({ values }) => values[0] === 1)
        .map(({ labels }) => labels['host'])
        .sort(),
    ).toEqual(['db1', 'new1']);
    expect(overdue.map(({ labels }) => labels['host']).sort()).toEqual(['app1', 'db1', 'dev1', 'new1']);
    expect(since.map(({ labels }) => labels['host']).sort()).toEqual(['app1', 'db1', 'dev1']);
  });

  test('the first row counts them, and has zeros where all is well', async () => {
    expect(await figure('Unprotected sources')).toEqual([4]);
    expect(await figure('Overdue')).toEqual([2]);
    expect(await figure('Failed last time')).toEqual([2]);
    expect(await figure('Errors of the last runs')).toEqual([5]);
    expect(await figure('Sources')).toEqual([9]);
    for (const title of ['Unprotected sources', 'Overdue', 'Failed last time', 'Errors of the last runs'])
      expect(await figure(title, { host: ['web1'] }), title).toEqual([0]);
  });

  test('storage: days until a destination is full; a host’s sizes added up, snapshots not twice', async () => {
    const [, , , days = []] = await answers('storage', 'Destinations');
    const left = Object.fromEntries(
      days.map(({ labels, values }) => [labels['destination'] ?? '', values[0] ?? NaN] as const),
    );
    expect(left['disk']).toBeCloseTo(8, 1);
    expect(left['vault']).toBeGreaterThan(3_650);
    const [kept = []] = await answers('storage', 'Kept of each host', { host: ['web1'] });
    expect(kept.map(({ values }) => values[0])).toEqual([(2 + 35 + 60 + 35) * 1_073_741_824]);
  });

  test('failures of hosts are marks in every graph', async () => {
    const { annotations } = await committedDashboard('prometheus', 'host');
    const marks = await ask(annotations.list[0]?.target.expr ?? '', true);
    expect(marks.map(({ labels }) => labels['host']).sort()).toEqual(['app1', 'db1']);
  });

  describe('alerts', () => {
    interface RuleFile {
      readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
    }
    const FIRING: readonly (readonly [string, readonly string[]])[] = [
      ['HoldfastFailed', ['app1 srv', 'db1 data']],
      ['HoldfastHeld', ['dev1 home']],
      ['HoldfastWarning', ['mail1 spool']],
      ['HoldfastErrors', ['app1 srv', 'db1 data', 'mail1 spool']],
      ['HoldfastSlow', ['files1 share']],
      ['HoldfastOverdue', ['db1 data', 'new1 root']],
      ['HoldfastSilent', []],
      ['HoldfastUnproven', ['app1 srv', 'dev1 home', 'files1 share']],
    ];
    const rules = async () =>
      (await committedYaml<RuleFile>('prometheus/holdfast.rules.yaml')).groups.flatMap((group) => group.rules);
    const alerting = async (alert: string): Promise<Answer[]> =>
      ask((await rules()).find((rule) => rule.alert === alert)?.expr ?? 'no such rule');

    test.each(FIRING)('%s is true of %j and of nobody else', async (alert, sources) => {
      const found = await alerting(alert);
      expect(found.map(({ labels }) => `${labels['host']} ${labels['source']}`).sort()).toEqual(sources);
    });

    test('HoldfastFilling is true of the disk that is full in eight days, not of the vault', async () => {
      const found = await alerting('HoldfastFilling');
      expect(found.map(({ labels }) => labels['destination'])).toEqual(['disk']);
    });

    test('there are no other rules, and Prometheus takes them', async () => {
      const names = (await rules()).map(({ alert }) => alert);
      expect(names.sort()).toEqual([...FIRING.map(([alert]) => alert), 'HoldfastFilling'].sort());
      const { stdout } = await run('promtool', ['check', 'rules', committedPath('prometheus/holdfast.rules.yaml')]);
      expect(stdout).toContain(`SUCCESS: ${names.length} rules found`);
    });

    test('promtool: when they begin to fire, and with which words', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'holdfast-rules-'));
      try {
        await writeFile(join(directory, 'test.yaml'), JSON.stringify(ruleTests()));
        const { stdout } = await run('promtool', ['test', 'rules', join(directory, 'test.yaml')]);
        expect(stdout).toContain('SUCCESS');
      } finally {
        await rm(directory, { recursive: true });
      }
    });
  });
});

/** Times begin at 0: a success at 60 s that is expected every ten minutes is overdue from 960 s on, and told ten minutes later. */
const ruleTests = () => ({
  rule_files: [committedPath('prometheus/holdfast.rules.yaml')],
  evaluation_interval: '1m',
  tests: [
    {
      interval: '1m',
      input_series: [
        { series: `holdfast_last_success_timestamp_seconds${OF}`, values: '60x40' },
        { series: `holdfast_expected_interval_seconds${OF}`, values: '600x40' },
        { series: `holdfast_last_status${OF}`, values: '1x19 0x21' },
        { series: 'holdfast_info', values: '1x5' },
      ],
      alert_rule_test: [
        { eval_time: '25m', alertname: 'HoldfastOverdue', exp_alerts: [] },
        {
          eval_time: '30m',
          alertname: 'HoldfastOverdue',
          exp_alerts: [
            {
              exp_labels: { ...LABELS, severity: 'critical', service: 'holdfast' },
              exp_annotations: {
                summary: 'etc of web1 has no backup within one and a half of the expected interval.',
                description:
                  'No run, or none that made a backup. See whether its schedule runs (`holdfast schedules`), the worker is up, and the host answers.',
              },
            },
          ],
        },
        { eval_time: '19m', alertname: 'HoldfastFailed', exp_alerts: [] },
        {
          eval_time: '21m',
          alertname: 'HoldfastFailed',
          exp_alerts: [
            {
              exp_labels: { ...LABELS, severity: 'critical', service: 'holdfast' },
              exp_annotations: {
                summary: 'The last backup of etc of web1 failed.',
                description: 'It made no backup. `holdfast runs` shows why; the dashboard names the failure.',
              },
            },
          ],
        },
        { eval_time: '60m', alertname: 'HoldfastSilent', exp_alerts: [] },
        {
          eval_time: '70m',
          alertname: 'HoldfastSilent',
          exp_alerts: [
            {
              exp_labels: { severity: 'critical', service: 'holdfast' },
              exp_annotations: {
                summary: 'Nothing has come from Holdfast for an hour.',
                description:
                  'Its worker is down, or cannot reach the database of metrics: every other alert is blind until it is back.',
              },
            },
          ],
        },
      ],
    },
  ],
});
const LABELS = { host: 'web1', source: 'etc', destination: 'disk', engine: 'mirror' } as const;
const OF = '{host="web1", source="etc", destination="disk", engine="mirror"}';
