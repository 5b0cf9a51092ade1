import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MEASUREMENTS, type Measurement } from '../../../src/core/metrics/measurements.js';

const MANUAL = fileURLToPath(new URL('../../../docs/metrics.md', import.meta.url));
const BEGIN = /(?<=<!-- begin: measurements.*-->\n)/;
const END = '<!-- end: measurements -->';

function sectionOf(name: string, { what, tags, fields }: Measurement): string {
  const rows = Object.entries(fields).map(
    ([field, { type, always, what: meaning }]) =>
      `| ${always ? `\`${field}\`` : `*\`${field}\`*`} | ${type} | ${meaning} |`,
  );
  const tagged = tags.length === 0 ? 'no tags' : tags.map((tag) => `\`${tag}\``).join(', ');
  return [`#### \`${name}\``, `${what}. Tags: ${tagged}.`, '', '| field | type | |', '|---|---|---|', ...rows].join(
    '\n',
  );
}

test('the manual has every measurement and field as points are made of them', async () => {
  const text = readFileSync(MANUAL, 'utf8');
  const [head = '', rest = ''] = text.split(BEGIN);
  const tail = rest.slice(rest.indexOf(END));
  const sections = Object.entries<Measurement>(MEASUREMENTS).map(([name, measurement]) => sectionOf(name, measurement));
  await expect(`${head}${sections.join('\n\n')}\n${tail}`).toMatchFileSnapshot(MANUAL);
});

test('a field that several measurements have is of one type, and no field is named as a tag', () => {
  const types = new Map<string, string>();
  for (const { fields, tags } of Object.values<Measurement>(MEASUREMENTS)) {
    for (const [name, { type }] of Object.entries(fields)) {
      expect(tags).not.toContain(name);
      expect(types.get(name) ?? type, name).toBe(type);
      types.set(name, type);
    }
  }
});
