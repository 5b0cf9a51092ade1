import fc from 'fast-check';
import { expect, test } from 'vitest';
import { axisOf, type Unit } from '../../../src/client/report-html/axis.js';
import { html, withCode } from '../../../src/client/report-html/markup.js';
import { endsOf, lastOf, periodsOf, sumsOf } from '../../../src/client/report-html/periods.js';
import { visibleText } from '../../../src/core/entries/visible-text.js';
import { NOON } from '../../support/history-records.js';

/** As a browser reads it back. */
const read = (text: string): string =>
  text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...`<>&"'/=\`\\\u202e\u0000 a`) }),
);

test('whatever a text holds, it stays a text, and nothing of it is lost', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const inner = String(html`<p title="${text}">${[text]}</p>`).slice('<p title="'.length, -'</p>'.length);
      const [attribute, ...content] = inner.split('">');
      expect(content).toHaveLength(1);
      for (const part of [attribute, content[0]]) {
        expect(part).not.toMatch(/[<>"']|&(?!#\d+;)/);
        expect(read(part ?? '')).toBe(visibleText(text));
      }
    }),
    { numRuns: 1_000 },
  );
});

test('markup within markup stays, undefined is nothing, and words between backticks are code', () => {
  expect(String(html`<p>${html`<b>${'<'}</b>`}${undefined}${[1, '&']}</p>`)).toBe('<p><b>&#60;</b>1&#38;</p>');
  expect(String(html`${withCode('run `a <b>` now')}`)).toBe('run <code>a &#60;b&#62;</code> now');
});

test('an axis reaches beyond every value, and not far', () => {
  const value = fc.double({ min: 0, max: 1e15, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1 }), fc.constantFrom<Unit>('bytes', 'time', 'count'), (values, unit) => {
      const { max, ticks } = axisOf(values, unit);
      const highest = Math.max(...values);
      expect(max).toBeGreaterThanOrEqual(highest);
      expect(ticks.map((tick) => tick.value)).toEqual([0, max / 2, max]);
      if (highest > 2_000) expect(max).toBeLessThanOrEqual(highest * 6);
    }),
  );
  expect(axisOf([10], 'count').ticks.map(({ text }) => text)).toEqual(['0', '5', '10']);
  expect(axisOf([1_000_000], 'bytes').ticks.map(({ text }) => text)).toEqual(['0 B', '512 KiB', '1 MiB']);
  expect(axisOf([50 * 60_000], 'time').ticks.map(({ text }) => text)).toEqual(['0 s', '30 min', '60 min']);
  expect(axisOf([0], 'count').max).toBeGreaterThan(0);
});

test('columns have all days, each once, the last one ending today', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 366 }), (days) => {
      const periods = periodsOf({ untilMs: NOON, days });
      expect(periods.length).toBeLessThanOrEqual(62);
      expect([periods[0]?.from, periods.at(-1)?.to]).toEqual([0, days]);
      for (const [index, period] of periods.entries()) {
        expect(period.to).toBeGreaterThan(period.from);
        if (index > 0) expect(period.from).toBe(periods[index - 1]?.to);
      }
      const ones = Array.from({ length: days }, () => 1);
      expect(sumsOf(periods, ones).reduce((sum, count) => sum + count, 0)).toBe(days);
    }),
  );
  expect(lastOf(periodsOf({ untilMs: NOON, days: 3 }), [1, null, 3])).toEqual([1, null, 3]);
  expect(endsOf({ untilMs: NOON, days: 30 })).toEqual(['23 Oct', '21 Nov']);
  expect(endsOf({ untilMs: NOON, days: 1 })).toEqual(['21 Nov', undefined]);
  expect(endsOf({ untilMs: NOON, days: 366 })).toEqual(['21 Nov 2025', '21 Nov 2026']);
});
