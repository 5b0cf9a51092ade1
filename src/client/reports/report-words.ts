import { visibleText } from '../../core/entries/visible-text.js';
import { concernOf, type ReportCounts } from '../../core/report/report.js';
import type { SourceReport } from '../../core/report/source-report.js';
import type { Status } from '../../core/statuses.js';
import { ageText, countText } from '../output.js';

/** What a report says in words, on a terminal and in a page alike. */

/** The answer to what everybody asks first. */
export function headline({ sources, unprotected, nothingYet }: ReportCounts): string {
  if (sources === 0) return 'No sources are configured';
  if (nothingYet) return 'Nothing was backed up yet';
  if (unprotected === 0)
    return sources === 1 ? 'The source is protected' : `All ${number(sources)} sources are protected`;
  return `${number(unprotected)} of ${countText(sources, 'source')} ${areText(unprotected)} not protected`;
}

/** Whether the headline is bad news. */
export const isBad = ({ sources, unprotected }: ReportCounts): boolean => sources === 0 || unprotected > 0;

/** What the headline leaves open, in a sentence; '' where there is nothing to add. */
export function remark({ hosts, sources, unprotected, toLookAt, nothingYet }: ReportCounts): string {
  if (sources === 0) return '';
  if (nothingYet)
    return sources === 1
      ? 'The only source has no backup.'
      : `None of ${number(sources)} sources on ${countText(hosts, 'host')} has a backup.`;
  const good = sources - unprotected;
  const protectedText =
    unprotected === 0 ? '' : good === 0 ? 'None is protected' : `${number(good)} ${areText(good)} protected`;
  if (toLookAt === 0) return protectedText === '' ? '' : `${protectedText}.`;
  const look = `${number(toLookAt)} of them ${areText(toLookAt)} to be looked at.`;
  return protectedText === '' ? look : `${protectedText}; ${look}`;
}

const areText = (count: number): string => (count === 1 ? 'is' : 'are');

/** How a source is, in a word or three: why it is not protected, or else how its last run ended. */
export function stateWord({ unprotected, status }: SourceReport): string {
  if (unprotected === 'never') return 'never backed up';
  return unprotected ?? status ?? 'ok';
}

/** Why it is so; '' where all is well. */
export function whyText(source: SourceReport, nowMs: number): string {
  const { unprotected, status, failure, evidence, lastSuccessAtMs, expectEveryMs } = source;
  if (concernOf(source) === 'none') return '';
  const last = lineText(failure?.message ?? evidence ?? lastRunText(status));
  if (unprotected === 'never') return status === undefined ? 'no run yet' : last;
  if (unprotected !== 'overdue') return last;
  const missed = `no backup for ${ageText(nowMs - (lastSuccessAtMs ?? nowMs))}, expected every ${ageText(expectEveryMs ?? 0)}`;
  return status === undefined || status === 'ok' ? missed : `${missed}; ${last}`;
}

function lastRunText(status: Status | undefined): string {
  switch (status) {
    case undefined:
    case 'ok':
      return '';
    case 'warning':
      return 'its last backup is not complete, or not all of it went well';
    case 'skipped':
      return 'its last run was skipped';
    case 'held':
      return 'its last run is held: it waits for a person';
    case 'cancelled':
      return 'its last run was cancelled';
    case 'failed':
      return 'its last run failed';
  }
}

export const placeText = ({ host, source }: { readonly host: string; readonly source?: string }): string =>
  lineText(source === undefined ? host : `${host}:${source}`);

/** One line that a terminal may get. */
export const lineText = (text: string): string =>
  visibleText(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim();

/** `2026-11-21 02:00 UTC` */
export const utcText = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
/** `2026-11-21` */
export const dayText = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** `2026-11-18 02:00 UTC, 3 d ago`, or that there is none. */
export const sinceText = (atMs: number | undefined, nowMs: number): string =>
  atMs === undefined ? 'never' : `${utcText(atMs)}, ${agoText(atMs, nowMs)}`;

/** A clock may have been put back since. */
export const agoText = (atMs: number, nowMs: number): string =>
  atMs > nowMs ? `${ageText(atMs - nowMs)} ahead of the clock` : `${ageText(nowMs - atMs)} ago`;

/** How long a destination's room lasts: a guess, and told as one. */
export const leftText = (days: number): string =>
  days < 1 ? 'less than a day' : `about ${ageText(days * 86_400_000)}`;

export const everyText = (everyMs: number | undefined): string =>
  everyMs === undefined ? '–' : `every ${ageText(everyMs)}`;

const number = (count: number): string => count.toLocaleString('en');
