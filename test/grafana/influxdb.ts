import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InfluxPlan } from '../../src/core/metrics/plan.js';
import { pointsOfHealth } from '../../src/core/metrics/points-of-health.js';
import { pointsOf } from '../../src/core/metrics/points-of-record.js';
import type { MetricsDatabase, QueryTable } from '../../src/providers/metrics/metrics-database.js';
import { openInfluxDb } from '../../src/providers/metrics/open-influxdb.js';
import { type AlertFile, type AlertRule, firing } from '../support/grafana/alert-rules.js';
import {
  askingPanels,
  type CommittedPanel,
  committedDashboard,
  committedYaml,
  DASHBOARD_NAMES,
} from '../support/grafana/committed.js';
import { filledInfluxql, type Viewed } from '../support/grafana/filled-in.js';
import { DAY_MS, makeMonth } from '../support/grafana/month.js';
import { ODD_NAME } from '../support/grafana/month-fleet.js';

const HOUR_MS = 3_600_000;

/** The dashboards and alerts of the InfluxQL set against a real InfluxDB that holds five weeks of a fleet. */
export function testInfluxqlSet(
  name: string,
  start: () => Promise<{ plan(): InfluxPlan; stop(): Promise<void> }>,
): void {
  describe(`dashboards and alerts on ${name}`, () => {
    const nowMs = Date.now();
    const month = makeMonth(nowMs);
    let server: Awaited<ReturnType<typeof start>>;
    let database: MetricsDatabase;

    beforeAll(async () => {
      server = await start();
      database = await openInfluxDb(server.plan(), () => Promise.reject(new Error('no secrets here')));
      const states: number[] = [];
      for (let atMs = nowMs - 35 * DAY_MS; atMs < nowMs; atMs += 6 * HOUR_MS) states.push(atMs);
      const points = [
        ...month.records.flatMap((record) => pointsOf(record)),
        ...[...states, nowMs - 60_000].flatMap((atMs) => pointsOfHealth(month.healthAt(atMs))),
      ];
      expect(await database.write(points, AbortSignal.timeout(60_000))).toEqual([]);
    });
    afterAll(async () => {
      await database.close();
      await server.stop();
    });

    const ask = (influxql: string): Promise<QueryTable[]> => database.query(influxql, AbortSignal.timeout(30_000));
    const view: Viewed = { fromMs: nowMs - 30 * DAY_MS, toMs: nowMs, interval: '1d' };
    const viewOf = ({ timeFrom }: Pick<CommittedPanel, 'timeFrom'>, chosen: Viewed['chosen'] = {}): Viewed => ({
      ...view,
      chosen,
      ...(timeFrom === undefined ? {} : { fromMs: nowMs - lengthMs(timeFrom) }),
    });
    const answers = async (panel: CommittedPanel, chosen?: Viewed['chosen']): Promise<QueryTable[][]> =>
      Promise.all((panel.targets ?? []).map(({ query = '' }) => ask(filledInfluxql(query, viewOf(panel, chosen)))));
    const panelOf = async (dashboard: string, title: string): Promise<CommittedPanel> => {
      const found = askingPanels(await committedDashboard('influxdb', dashboard)).find(
        (panel) => panel.title === title,
      );
      if (found === undefined) throw new Error(`no panel ${title}`);
      return found;
    };
    /** Rows of a panel's table by their columns, tags among them. */
    const rowsOf = async (dashboard: string, title: string, chosen?: Viewed['chosen']): Promise<Row[]> =>
      (await answers(await panelOf(dashboard, title), chosen)).flat().flatMap(rowsOfTable);

    test.each(DASHBOARD_NAMES)('every panel of %s shows something, in all its columns', async (dashboard) => {
      for (const panel of askingPanels(await committedDashboard('influxdb', dashboard)))
        for (const answer of await answers(panel)) {
          const rows = answer.flatMap(rowsOfTable);
          expect(
            rows.some((row) => Object.entries(row).some(([key, value]) => key !== 'Time' && value !== null)),
            panel.title,
          ).toBe(true);
          if (panel.type !== 'table') continue;
          const shown = namedColumns(panel);
          for (const column of shown)
            expect(
              rows.some((row) => (row[column] ?? null) !== null),
              `${panel.title}: ${column}`,
            ).toBe(true);
        }
    });

    test('what is chosen above a dashboard is what it shows, whatever the names are made of', async () => {
      for (const dashboard of ['fleet', 'host', 'storage'])
        for (const panel of askingPanels(await committedDashboard('influxdb', dashboard)))
          for (const answer of await answers(panel, {
            host: ['web1', 'lab1'],
            source: ['etc', ODD_NAME],
            destination: ['disk'],
          }))
            for (const { tags } of answer) {
              if (tags['host'] !== undefined) expect(['web1', 'lab1'], panel.title).toContain(tags['host']);
              if (tags['source'] !== undefined) expect(['etc', ODD_NAME], panel.title).toContain(tags['source']);
              if (tags['destination'] !== undefined) expect(tags['destination'], panel.title).toBe('disk');
            }
      const odd = await rowsOf('fleet', 'Proofs that it can be restored', { source: [ODD_NAME] });
      expect(odd.map(({ host, source }) => [host, source])).toEqual([['lab1', ODD_NAME]]);
    });

    test('variables offer the hosts, the sources of the chosen hosts, and the destinations', async () => {
      const { templating } = await committedDashboard('influxdb', 'fleet');
      const offered = async (variable: string, chosen: Viewed['chosen'] = {}): Promise<unknown[]> => {
        const { query = '' } = templating.list.find((one) => one.name === variable) ?? {};
        return (await ask(filledInfluxql(query, { ...view, chosen }))).flatMap(({ rows }) => rows.map((row) => row[1]));
      };
      expect(await offered('host')).toEqual(['app1', 'db1', 'dev1', 'files1', 'lab1', 'mail1', 'new1', 'web1']);
      expect(await offered('source', { host: ['web1'] })).toEqual(['etc', 'www']);
      expect(await offered('source', { host: ['lab1', 'app1'] })).toEqual([ODD_NAME, 'srv']);
      expect(await offered('destination')).toEqual(['disk', 'vault']);
    });

    test('red are those that are unprotected, each with why and since when, and nobody else', async () => {
      const rows = await rowsOf('fleet', 'What is red now');
      expect(
        Object.fromEntries(rows.map((row) => [row['host'], [row['why'], row['last run'], row['overdue']]])),
      ).toEqual({
        app1: ['TransferInterrupted', 'failed', 0],
        db1: ['HostUnreachable', 'failed', 1],
        dev1: ['held', 'held', 0],
        new1: ['never backed up', 'none', 1],
      });
      const since = byName(rows, 'host', 'no good backup since');
      expect(since['new1']).toBeNull();
      // Its last good run began three days and three hours ago and took 630 s.
      const good = nowMs - 3 * DAY_MS - 3 * HOUR_MS + 630_000;
      expect(Math.abs(Number(since['db1']) - good)).toBeLessThan(1_000);
    });

    test('the first row counts them', async () => {
      const figure = async (title: string) => Object.values((await rowsOf('fleet', title))[0] ?? {}).at(-1);
      expect(await figure('Unprotected sources')).toBe(4);
      expect(await figure('Overdue')).toBe(2);
      expect(await figure('Failed last time')).toBe(2);
      expect(await figure('Errors of the last runs')).toBe(5);
      expect(await figure('Sources')).toBe(9);
    });

    test('a fleet where all is well has zeros, and a Holdfast that is silent has no figures at all', async () => {
      const unprotected = await rowsOf('fleet', 'Unprotected sources', { host: ['web1', 'mail1', 'files1'] });
      expect(unprotected).toMatchObject([{ sum: 0 }]);
      const later: Viewed = { ...view, fromMs: nowMs + HOUR_MS, toMs: nowMs + 2 * HOUR_MS };
      for (const title of ['Unprotected sources', 'Holdfast', 'What is red now']) {
        const [target] = (await panelOf('fleet', title)).targets ?? [];
        expect(await ask(filledInfluxql(target?.query ?? '', later)), title).toEqual([]);
      }
    });

    test('ages are of the end of what is shown, against what is expected', async () => {
      const rows = await rowsOf('fleet', 'Age of the last good backup, against what is expected');
      const share = byName(rows, 'source', 'age / expected');
      expect(share['data']).toBeCloseTo(3.12, 2);
      expect(share['etc']).toBeCloseTo(0.12, 2);
      expect(share[ODD_NAME]).toBeNull();
      expect(share['root']).toBeNull();
    });

    test('storage: days until a destination is full; a host’s sizes added up, snapshots not twice', async () => {
      const destinations = await rowsOf('storage', 'Destinations');
      const days = byName(destinations, 'destination', 'days left');
      expect(days['disk']).toBeCloseTo(8, 5);
      expect(Number(days['vault'])).toBeGreaterThan(3_650);
      const kept = await rowsOf('storage', 'Kept of each host', { host: ['web1'] });
      const gib = 1_073_741_824;
      // etc 2 GiB and www 60 GiB, each 35 more since.
      expect(
        kept
          .map(({ sum }) => sum)
          .filter((sum) => sum !== null)
          .at(-1),
      ).toBe((2 + 35 + 60 + 35) * gib);
    });

    test('durations: the slow run stands out against its own p95', async () => {
      const rows = await rowsOf('host', 'Duration of the last run, against its own p95');
      const ratio = byName(rows, 'source', 'last / p95');
      expect(ratio['share']).toBeGreaterThan(9);
      expect(ratio['etc']).toBeLessThanOrEqual(1);
      // Of its full archive nothing is said: the run before last night's was one.
      expect(ratio['www']).toBeLessThanOrEqual(1);
    });

    test('failures of hosts are marks in every graph', async () => {
      const { annotations } = await committedDashboard('influxdb', 'host');
      const [failures] = annotations.list;
      const marks = (await ask(filledInfluxql(failures?.target.query ?? '', view))).flatMap(rowsOfTable);
      expect(marks.map(({ who }) => who).sort()).toEqual(['app1', 'db1', 'db1', 'db1']);
    });

    describe('alerts', () => {
      const ruleOf = async (uid: string): Promise<AlertRule> => {
        const { groups } = await committedYaml<AlertFile>('provisioning/alerting/influxdb.yaml');
        const found = groups.flatMap(({ rules }) => rules).find((rule) => rule.uid === uid);
        if (found === undefined) throw new Error(`no rule ${uid}`);
        return found;
      };
      const FIRING: readonly (readonly [string, readonly string[]])[] = [
        ['holdfast-failed', ['app1 srv', 'db1 data']],
        ['holdfast-held', ['dev1 home']],
        ['holdfast-warning', ['mail1 spool']],
        ['holdfast-errors', ['app1 srv', 'db1 data', 'mail1 spool']],
        ['holdfast-slow', ['files1 share']],
        ['holdfast-overdue', ['db1 data', 'new1 root']],
        ['holdfast-silent', []],
        ['holdfast-unproven', ['app1 srv', 'dev1 home', 'files1 share']],
      ];

      test.each(FIRING)('%s fires for %j and for nobody else', async (uid, sources) => {
        const alerts = await firing(await ruleOf(uid), nowMs, ask);
        expect(alerts.map(({ host, source }) => `${host} ${source}`).sort()).toEqual(sources);
      });

      test('holdfast-filling fires for the disk that is full in eight days, not for the vault', async () => {
        const alerts = await firing(await ruleOf('holdfast-filling'), nowMs, ask);
        expect(alerts).toEqual([{ destination: 'disk' }]);
      });

      test('two hours after the last word holdfast-silent fires', async () => {
        expect(await firing(await ruleOf('holdfast-silent'), nowMs + 2 * HOUR_MS, ask)).toEqual([{}]);
      });

      test('there are no other rules', async () => {
        const { groups } = await committedYaml<AlertFile>('provisioning/alerting/influxdb.yaml');
        const uids = groups.flatMap(({ rules }) => rules.map(({ uid }) => uid));
        expect(uids.sort()).toEqual([...FIRING.map(([uid]) => uid), 'holdfast-filling'].sort());
      });
    });
  });
}

type Row = Readonly<Record<string, string | number | boolean | null>>;

/** As Grafana makes a table of an answer: tags become columns. */
const rowsOfTable = ({ tags, columns, rows }: QueryTable): Row[] =>
  rows.map((row) => ({
    ...tags,
    ...Object.fromEntries(
      columns.map((column, index) => [column === 'time' ? 'Time' : column, row[index] ?? null] as const),
    ),
  }));

const byName = (rows: readonly Row[], name: string, figure: string): Row =>
  Object.fromEntries(rows.map((row) => [String(row[name]), row[figure] ?? null] as const));

/** Columns that a table panel sets in order. */
function namedColumns({ transformations = [] }: CommittedPanel): string[] {
  const organize = transformations.find(({ id }) => id === 'organize')?.options as
    | { readonly indexByName: Readonly<Record<string, number>> }
    | undefined;
  return Object.keys(organize?.indexByName ?? {});
}

/** Of `1d`, `14d`, `1h`. */
function lengthMs(text: string): number {
  const unit = { h: HOUR_MS, d: DAY_MS }[text.slice(-1)];
  if (unit === undefined) throw new Error(`no length: ${text}`);
  return Number(text.slice(0, -1)) * unit;
}
