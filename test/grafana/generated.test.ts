import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { generatedFiles } from '../../grafana/src/files.js';
import { MEASUREMENTS } from '../../src/core/metrics/measurements.js';
import {
  askingPanels,
  type CommittedDashboard,
  committedDashboard,
  committedPath,
  committedText,
  DASHBOARD_NAMES,
} from '../support/grafana/committed.js';

const SETS = ['influxdb', 'prometheus'] as const;
/** By Grafana itself, in every dashboard. */
const FILLED_IN = ['timeFilter', '__to', '__range', '__interval', '__rate_interval'];
const ALL = SETS.flatMap((set) => DASHBOARD_NAMES.map((name) => ({ set, name })));

describe('what is committed below grafana/', () => {
  test('is what `npm run dashboards` generates, and nothing else', async () => {
    const generated = generatedFiles();
    for (const [path, text] of generated) expect(await committedText(path), `${path}: npm run dashboards`).toBe(text);
    const folders = ['dashboards', 'provisioning', 'prometheus'];
    const lists = await Promise.all(folders.map((folder) => readdir(committedPath(folder), { recursive: true })));
    const committed = lists.flatMap((list, index) => list.map((path) => `${folders[index]}/${path}`));
    const files = committed.filter((path) => /\.(json|yaml|yml)$/.test(path)).sort();
    expect(files).toEqual([...generated.keys()].sort());
  });
});

describe.each(ALL)('dashboard $name of the $set set', ({ set, name }) => {
  const load = (): Promise<CommittedDashboard> => committedDashboard(set, name);

  test('is found by a stable uid, and leads to the other ones of its set', async () => {
    const { uid, links } = await load();
    const uidOf = (of: string): string => (set === 'influxdb' ? `holdfast-${of}` : `holdfast-${of}-prometheus`);
    expect(uid).toBe(uidOf(name));
    expect(links.map(({ url }) => url)).toEqual(
      DASHBOARD_NAMES.filter((other) => other !== name).map((other) => `/d/${uidOf(other)}`),
    );
  });

  test('says of every panel what it shows, in which unit, and which figures are good', async () => {
    for (const { title, description = '', fieldConfig, targets = [] } of askingPanels(await load())) {
      expect(description.length, title).toBeGreaterThan(20);
      expect(fieldConfig?.defaults.unit, title).toBeTypeOf('string');
      expect(fieldConfig?.defaults.thresholds, title).toBeDefined();
      expect(targets.length, title).toBeGreaterThan(0);
    }
  });

  test('asks nothing but the data source that is chosen', async () => {
    const { panels, templating, annotations } = await load();
    const chosen = { type: set, uid: '${datasource}' };
    expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: set });
    for (const panel of panels.filter(({ type }) => type !== 'row')) {
      expect(panel.datasource, panel.title).toEqual(chosen);
      for (const target of panel.targets ?? []) expect(target.datasource, panel.title).toEqual(chosen);
    }
    for (const variable of templating.list.filter(({ type }) => type === 'query')) {
      expect(variable.datasource, variable.name).toEqual(chosen);
      expect(variable.allValue, variable.name).toBe('.*');
    }
    for (const { target } of annotations.list) expect(target.datasource).toEqual(chosen);
  });

  test('names no variable that is not above it', async () => {
    const { panels, templating, annotations } = await load();
    const known = new Set([...templating.list.map(({ name: variable }) => variable), ...FILLED_IN]);
    const targets = [...panels.flatMap((panel) => panel.targets ?? []), ...annotations.list.map((one) => one.target)];
    const asked = [
      ...targets.map(({ query, expr }) => query ?? expr ?? ''),
      ...templating.list.map(({ query }) => query),
    ];
    for (const text of asked)
      for (const [, variable = ''] of text.matchAll(/\$\{?(\w+)/g)) expect(known, text).toContain(variable);
  });

  test('names panels once, and lays them out side by side', async () => {
    const { panels } = await load();
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const titles = panels.filter(({ type }) => type !== 'row').map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`), `${title} lies over another panel`).toBe(false);
          taken.add(`${x} ${y}`);
        }
    }
  });

  test('sets units and colours for columns that its tables have', async () => {
    for (const { title, type, transformations = [], fieldConfig } of askingPanels(await load())) {
      if (type !== 'table') continue;
      const organize = transformations.find(({ id }) => id === 'organize')?.options as
        | { readonly indexByName: Record<string, number>; readonly renameByName: Record<string, string> }
        | undefined;
      const { indexByName = {}, renameByName = {} } = organize ?? {};
      const columns = Object.keys(indexByName).map((column) => renameByName[column] ?? column);
      for (const { matcher } of fieldConfig?.overrides ?? []) expect(columns, title).toContain(matcher.options);
    }
  });
});

describe('the InfluxQL set', () => {
  test.each(DASHBOARD_NAMES)('marks of %s have their text: no column of a tag is taken for it', async (name) => {
    const { annotations } = await committedDashboard('influxdb', name);
    for (const { target } of annotations.list) {
      const { query = '', textColumn = '', tagsColumn = '' } = target;
      const [, measurement = ''] = /FROM "(\w+)"/.exec(query) ?? [];
      expect(query).toContain(`AS "${textColumn}"`);
      // Grafana names a column so, and takes it for a tag's if the name of one is anywhere in it.
      for (const tag of tagsColumn.split(',')) {
        expect(query).toContain(`AS "${tag}"`);
        expect(`${measurement}.${textColumn}`).not.toContain(tag);
      }
    }
  });

  test.each(DASHBOARD_NAMES)('%s asks for measurements, tags and fields that there are', async (name) => {
    const known = new Set<string>(Object.keys(MEASUREMENTS));
    for (const { tags, fields } of Object.values(MEASUREMENTS))
      for (const word of [...tags, ...Object.keys(fields)]) known.add(word);
    for (const { title, targets = [] } of askingPanels(await committedDashboard('influxdb', name)))
      for (const { query = '' } of targets) {
        const own = new Set([...query.matchAll(/ AS "([^"]+)"/g)].map((match) => match[1]));
        for (const [, word = ''] of query.matchAll(/"([^"]+)"/g))
          expect(own.has(word) || known.has(word), `${title}: ${word}`).toBe(true);
      }
  });
});
