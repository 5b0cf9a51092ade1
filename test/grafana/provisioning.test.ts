import { access, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { AlertFile } from '../support/grafana/alert-rules.js';
import { committedDashboard, committedPath, committedText, committedYaml } from '../support/grafana/committed.js';
import { startInfluxDb1 } from '../support/influxdb1.js';
import { startInfluxDb2 } from '../support/influxdb2.js';

interface DataSource {
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  readonly access: string;
  readonly url: string;
  readonly user?: string;
  readonly jsonData: Readonly<Record<string, string>>;
  readonly secureJsonData?: Readonly<Record<string, string>>;
}
interface DataSourceFile {
  readonly apiVersion: number;
  readonly datasources: readonly DataSource[];
}
const dataSource = async (name: string): Promise<DataSource> => {
  const { apiVersion, datasources } = await committedYaml<DataSourceFile>(`provisioning/datasources/${name}.yaml`);
  expect(apiVersion).toBe(1);
  const [only] = datasources;
  if (only === undefined || datasources.length !== 1) throw new Error(`one data source is expected in ${name}`);
  return only;
};

/** As Grafana expands its provisioning files: `$NAME` from the environment. */
const expanded = (text: string, environment: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$(\w+)/g, (_, name: string) => {
    const value = environment[name];
    if (value === undefined) throw new Error(`no ${name}`);
    return value;
  });

/** A query as Grafana's InfluxQL data source sends it: a form by POST, times in milliseconds, login in a header. */
async function ask(
  source: DataSource,
  environment: Readonly<Record<string, string>>,
  influxql: string,
): Promise<string> {
  const { jsonData, secureJsonData = {}, user } = source;
  const fill = (text = ''): string => expanded(text, environment);
  const basic = Buffer.from(`${fill(user)}:${fill(secureJsonData['password'])}`).toString('base64');
  const header = jsonData['httpHeaderName1'];
  const answer = await fetch(`${fill(source.url)}/query?db=${encodeURIComponent(fill(jsonData['dbName']))}&epoch=ms`, {
    method: jsonData['httpMode'] ?? 'GET',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(header === undefined
        ? { authorization: `Basic ${basic}` }
        : { [header]: fill(secureJsonData['httpHeaderValue1']) }),
    },
    body: `q=${encodeURIComponent(influxql)}`,
  });
  return `${answer.status} ${(await answer.text()).trim()}`;
}

describe('data sources', () => {
  test('InfluxDB 1.x answers what is provisioned, and refuses a wrong password', async () => {
    const server = await startInfluxDb1();
    try {
      const { username, password } = server.users.reader;
      const environment = {
        HOLDFAST_INFLUXDB_URL: server.url,
        HOLDFAST_INFLUXDB_DATABASE: server.database,
        HOLDFAST_INFLUXDB_USERNAME: username,
        HOLDFAST_INFLUXDB_PASSWORD: password,
      };
      const source = await dataSource('influxdb-1');
      expect(await ask(source, environment, 'SHOW MEASUREMENTS')).toBe('200 {"results":[{"statement_id":0}]}');
      const wrong = { ...environment, HOLDFAST_INFLUXDB_PASSWORD: 'wrong' };
      expect(await ask(source, wrong, 'SHOW MEASUREMENTS')).toMatch(/^401 /);
    } finally {
      await server.stop();
    }
  });

  test('InfluxDB 2.x answers what is provisioned in InfluxQL, and refuses a wrong token', async () => {
    const server = await startInfluxDb2();
    try {
      const environment = {
        HOLDFAST_INFLUXDB_URL: server.url,
        HOLDFAST_INFLUXDB_BUCKET: server.bucket,
        HOLDFAST_INFLUXDB_TOKEN: server.tokens.reader,
      };
      const source = await dataSource('influxdb-2');
      expect(await ask(source, environment, 'SHOW MEASUREMENTS')).toBe('200 {"results":[{"statement_id":0}]}');
      const wrong = { ...environment, HOLDFAST_INFLUXDB_TOKEN: 'wrong' };
      expect(await ask(source, wrong, 'SHOW MEASUREMENTS')).toMatch(/^401 /);
    } finally {
      await server.stop();
    }
  });

  test('alert rules and dashboards do not see which InfluxDB it is; no file holds a secret', async () => {
    const [one, two, prometheus] = await Promise.all(['influxdb-1', 'influxdb-2', 'prometheus'].map(dataSource));
    expect(one?.uid).toBe(two?.uid);
    for (const source of [one, two]) expect(source).toMatchObject({ type: 'influxdb', access: 'proxy' });
    expect(prometheus).toMatchObject({ type: 'prometheus', access: 'proxy', uid: 'holdfast-prometheus' });
    for (const source of [one, two, prometheus])
      for (const secret of Object.values(source?.secureJsonData ?? {}))
        expect(secret).toMatch(/^(Token )?\$HOLDFAST_[A-Z_]+$/);
  });
});

describe('dashboard providers', () => {
  test.each(['influxdb', 'prometheus'])(
    'that of the %s set reads its folder, and takes no changes from people',
    async (set) => {
      const { providers } = await committedYaml<{ readonly providers: readonly unknown[] }>(
        `provisioning/dashboards/${set}.yaml`,
      );
      expect(providers).toEqual([
        expect.objectContaining({
          type: 'file',
          folder: 'Holdfast',
          allowUiUpdates: false,
          options: { path: `/etc/grafana/holdfast/dashboards/${set}` },
        }),
      ]);
      await access(committedPath(`dashboards/${set}/fleet.json`));
    },
  );
});

describe('alert rules', () => {
  const load = () => committedYaml<AlertFile>('provisioning/alerting/influxdb.yaml');

  test('have what Grafana requires, and lead to panels that there are', async () => {
    const { apiVersion, groups } = await load();
    expect(apiVersion).toBe(1);
    for (const { name, folder, interval, rules } of groups) {
      expect([name, folder, interval]).toEqual(['holdfast', 'Holdfast', '5m']);
      expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
      expect(new Set(rules.map(({ title }) => title)).size).toBe(rules.length);
      for (const rule of rules) {
        // 40 characters are Grafana's limit of a uid.
        expect(rule.uid).toMatch(/^[\w-]{1,40}$/);
        expect(rule.for, rule.uid).toMatch(/^\d+[smh]$/);
        expect(['OK', 'Alerting', 'NoData']).toContain(rule.noDataState);
        expect(rule.data.at(-1)?.refId).toBe(rule.condition);
        const dashboard = await committedDashboard('influxdb', rule.dashboardUid.replace('holdfast-', ''));
        expect(
          dashboard.panels.find(({ id }) => id === rule.panelId),
          rule.uid,
        ).toBeDefined();
        // What notifications link to; Grafana takes both or none.
        expect(rule.annotations, rule.uid).toMatchObject({
          __dashboardUid__: rule.dashboardUid,
          __panelId__: String(rule.panelId),
        });
      }
    }
  });

  test('have one that tells of a database that does not answer; the others would say that each backup failed', async () => {
    const rules = (await load()).groups.flatMap((group) => group.rules);
    expect(rules.filter(({ execErrState }) => execErrState !== 'OK')).toMatchObject([
      { uid: 'holdfast-silent', execErrState: 'Error', noDataState: 'Alerting' },
    ]);
  });

  test('ask the provisioned data source; what they reckon with comes before it is used', async () => {
    const { uid } = await dataSource('influxdb-2');
    for (const { rules } of (await load()).groups)
      for (const rule of rules) {
        const before: string[] = [];
        for (const { refId, datasourceUid, model, relativeTimeRange } of rule.data) {
          expect([uid, '__expr__']).toContain(datasourceUid);
          expect(model.refId).toBe(refId);
          if (datasourceUid === uid) expect(relativeTimeRange.from, rule.uid).toBeGreaterThan(relativeTimeRange.to);
          if (model.type === 'reduce') expect(before).toContain(model.expression);
          if (model.type === 'math')
            for (const [, name] of (model.expression ?? '').matchAll(/\$(\w+)/g)) expect(before).toContain(name);
          before.push(refId);
        }
      }
  });

  test('have texts that provisioning does not take for environment variables', async () => {
    for (const { rules } of (await load()).groups)
      for (const { title, annotations, labels } of rules)
        expect([title, ...Object.values(annotations), ...Object.values(labels)].join(' ')).not.toContain('$');
    expect(await committedText('provisioning/alerting/influxdb.yaml')).not.toMatch(/[&*]a\d/);
  });
});

describe('docker-compose.yml', () => {
  test('mounts files that there are, and gives Grafana the variables that they name', async () => {
    const { services } = parse(await readFile(committedPath('../docker-compose.yml'), 'utf8')) as {
      readonly services: Readonly<
        Record<
          'grafana' | 'influxdb',
          { readonly volumes: readonly string[]; readonly environment: Readonly<Record<string, string>> }
        >
      >;
    };
    const mounted = services.grafana.volumes
      .filter((volume) => volume.startsWith('./'))
      .map((volume) => volume.split(':')[0] ?? '');
    expect(mounted.length).toBe(4);
    for (const path of mounted) {
      await access(committedPath(`../${path}`));
      if (!path.includes('/datasources/')) continue;
      for (const [, name = ''] of (await readFile(committedPath(`../${path}`), 'utf8')).matchAll(/\$(\w+)/g))
        expect(services.grafana.environment[name], name).toBeDefined();
    }
    expect(services.influxdb.environment['DOCKER_INFLUXDB_INIT_BUCKET']).toBe(
      services.grafana.environment['HOLDFAST_INFLUXDB_BUCKET'],
    );
  });
});
