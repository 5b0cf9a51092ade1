import { expect, test } from 'vitest';
import { ConfigInvalidError, parseConfig } from '../../src/config/load.js';

const DAY_MS = 86_400_000;
const parse = (config: string, host: string, path: string) =>
  parseConfig(
    `config: {backup_base: /b, engine: archive${config}}\nhosts: {h: {paths: [{path: /a${path}}]${host}}}`,
    'f',
  ).hosts[0]?.sources[0];

function mistakesOf(text: string): string[] {
  try {
    parseConfig(`config: {backup_base: /b}\nhosts: {h: {tags: [t], paths: [{path: /a}]}}\n${text}`, 'f');
    return [];
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    return error.problems.map(({ message }) => message);
  }
}

test('without keep a source has no retention, whatever grace and minimum say', () => {
  expect(parse(', grace: 1d, keep_minimum: 3', '', '')?.retention).toBeUndefined();
});

test('keep has a minimum of one and a grace of a week, unless said otherwise', () => {
  expect(parse(', keep: {daily: 7, within: 30d}', '', '')?.retention).toEqual({
    keep: { daily: 7, withinMs: 30 * DAY_MS },
    minimum: 1,
    graceMs: 7 * DAY_MS,
  });
  expect(parse(', keep: {last: 3}, grace: 0s', ', keep_minimum: 5', '')?.retention).toEqual({
    keep: { last: 3 },
    minimum: 5,
    graceMs: 0,
  });
});

test('the nearest keep counts as a whole: rules of different places do not add up', () => {
  expect(parse(', keep: {daily: 7, monthly: 12}', ', keep: {weekly: 4}', '')?.retention?.keep).toEqual({ weekly: 4 });
  expect(parse(', keep: {daily: 7}', ', keep: {weekly: 4}', ', keep: {yearly: 1}')?.retention?.keep).toEqual({
    yearly: 1,
  });
});

test('rules that would keep nothing are mistakes, not an order to delete everything', () => {
  const inConfig = (keep: string) => {
    try {
      parse(`, keep: ${keep}`, '', '');
      return [];
    } catch (error) {
      return (error as ConfigInvalidError).problems.map(({ message }) => message);
    }
  };
  expect(inConfig('{}')).toEqual([expect.stringContaining('there is no rule')]);
  expect(inConfig('{daily: 0}')).toHaveLength(1);
  expect(inConfig('{dayly: 7}')).toEqual([expect.stringContaining('daily')]);
  expect(inConfig('{within: 3 weeks}')).toHaveLength(1);
});

test('a schedule can prune; what only a backup knows is a mistake there', () => {
  const text = (more: string) => `schedules: {tidy: {cron: "0 5 * * *", action: prune${more}}}`;
  expect(mistakesOf(text(''))).toEqual([]);
  expect(mistakesOf(text(', full: true'))).toEqual([expect.stringContaining('action: backup')]);
  expect(mistakesOf('schedules: {tidy: {cron: "0 5 * * *", action: tidy}}')).toHaveLength(1);
});
