import type { HttpError } from '@influxdata/influxdb-client';

const LONGEST_WORDS = 300;

/** What an answer that says no gives as the reason, in one line: 1.x has `error`, 2.x `message`; of a page only that it is one. */
export function wordsOf(error: Pick<HttpError, 'body' | 'contentType' | 'statusMessage'>): string {
  const body = error.body ?? '';
  const words = jsonWords(body) ?? (isPage(error, body) ? 'a web page' : body);
  return oneLine(words) || oneLine(error.statusMessage ?? '') || 'no reason given';
}

/** Long ones keep their end too: there the reason stands, after a quoted line of the line protocol. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length <= LONGEST_WORDS
    ? line
    : `${line.slice(0, LONGEST_WORDS / 2)} … ${line.slice(-LONGEST_WORDS / 2)}`;
}

function jsonWords(body: string): string | undefined {
  try {
    const { error, message } = JSON.parse(body) as { error?: unknown; message?: unknown };
    return [error, message].find((words) => typeof words === 'string');
  } catch {
    return undefined;
  }
}

const isPage = ({ contentType }: Pick<HttpError, 'contentType'>, body: string): boolean =>
  contentType?.includes('html') === true || body.trimStart().startsWith('<');
