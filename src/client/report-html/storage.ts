import type { DestinationReport, HostReport, Report } from '../../core/report/report.js';
import { bytesText } from '../output.js';
import { leftText, placeText } from '../reports/report-words.js';
import { listTable } from './data-table.js';
import { folded } from './folded.js';
import { lineChart } from './line-chart.js';
import { html, type Markup, unbroken } from './markup.js';
import { lastOf, periodsOf } from './periods.js';

const SHOWN = { first: 12, atMost: 100, what: 'hosts' } as const;

/** How full destinations are and how they grow, and which hosts take the room. */
export function storage(report: Report): Markup | undefined {
  const { destinations, hosts } = report;
  if (destinations.length === 0) return undefined;
  return html`<section><h2>Storage</h2><div class="charts">${destinations.map((one, index) => destination(one, index, report))}</div>
${hostTable(hosts)}</section>`;
}

function destination(one: DestinationReport, index: number, { window }: Report): Markup {
  const { sizeBytes, usedBytes, storedBytes } = one;
  const name = placeText({ host: one.destination });
  const periods = periodsOf(window);
  const lines = [
    { name: 'used of the disk', className: 'line-disk', values: lastOf(periods, usedBytes) },
    { name: 'these copies', className: 'line-copies', values: lastOf(periods, sizeBytes) },
  ].filter(({ values }) => values.some((value) => value !== null));
  const added = storedBytes.reduce((sum, bytes) => sum + bytes, 0);
  return html`<figure class="chart"><figcaption>${name} <strong>${roomText(one)}</strong></figcaption>
${
  lines.length === 0
    ? html`<p class="dim">Nothing was measured yet: <code>holdfast sizes scan</code> does.</p>`
    : lineChart({ id: `destination-${index}`, title: `Storage of ${name}`, unit: 'bytes', window, lines })
}<p class="dim">${bytesText(added)} added by backups on these days.</p></figure>`;
}

/** `312 GiB free of 1.8 TiB, about 41 d left` */
function roomText({ disk, outlook }: DestinationReport): string {
  if (disk === undefined) return 'no disk of the worker: its room is not known';
  const room = `${bytesText(disk.freeBytes)} free of ${bytesText(disk.totalBytes)}`;
  switch (outlook.trend) {
    case 'filling':
      return `${room}, ${leftText(outlook.daysLeft)} left`;
    case 'steady':
      return `${room}, does not fill up`;
    case 'unknown':
      return room;
  }
}

/** Columns of which no host has a figure are left out. */
function hostTable(hosts: readonly HostReport[]): Markup {
  const largest = hosts.toSorted((one, other) => roomOf(other) - roomOf(one));
  const columns = COLUMNS.filter(([, of]) => hosts.some((host) => of(host) !== undefined));
  return html`${folded(largest, SHOWN, (some) =>
    listTable(
      'Storage of hosts',
      ['Host', ...columns.map(([name]) => name)],
      some.map((host) => [placeText(host), ...columns.map(([, of]) => unbroken(of(host) ?? '–'))]),
      'short',
    ),
  )}<p class="note">The largest first. Copies and growth are as <code>holdfast sizes scan</code> measured them last; snapshots are told where BTRFS knows what only they hold.</p>`;
}

const COLUMNS: readonly (readonly [name: string, of: (host: HostReport) => string | undefined])[] = [
  ['Copies', ({ sizeBytes }) => known(sizeBytes)],
  ['Growth', ({ grownBytes }) => known(grownBytes, grownBytes !== undefined && grownBytes > 0 ? '+' : '')],
  ['Added', ({ storedBytes }) => bytesText(storedBytes)],
  ['In snapshots', ({ snapshotBytes }) => known(snapshotBytes)],
];

const known = (bytes: number | undefined, sign = ''): string | undefined =>
  bytes === undefined ? undefined : `${sign}${bytesText(bytes)}`;

/** What was never measured is at least what was added. */
const roomOf = ({ sizeBytes, storedBytes }: HostReport): number => sizeBytes ?? storedBytes;
