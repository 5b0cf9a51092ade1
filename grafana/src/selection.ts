/** Which series a panel is about, by the variables above the dashboard: as each query language has them. */

const chosen = (tag: string): string => `"${tag}" =~ /^\${${tag}:regex}$/`;

/** InfluxQL. */
export const OF_HOST = `$timeFilter AND ${chosen('host')}`;
export const OF_SOURCE = `${OF_HOST} AND ${chosen('source')} AND ${chosen('destination')}`;
export const OF_DESTINATION = `$timeFilter AND ${chosen('destination')}`;
export const BY_SOURCE = '"host", "source", "destination"';

/** The end of what the dashboard shows, in seconds since 1970: InfluxQL cannot reckon with now(). */
export const AT_END = '${__to:date:seconds}';

/** PromQL. */
export const HOST = '{host=~"$host"}';
export const SOURCE = '{host=~"$host", source=~"$source", destination=~"$destination"}';
export const DESTINATION = '{destination=~"$destination"}';

/** As {@link SOURCE}, and of these. */
export const sourceWith = (more: string): string => SOURCE.replace('}', `, ${more}}`);

/** How far back the newest state of a source is looked for: it is written every ten minutes; an older one tells of before an outage. */
export const STATE_FROM = '1d';

/** The newest state of each source, below which others add up: `SELECT … FROM (<this>)`. */
export const newestStates = (...fields: readonly string[]): string =>
  `SELECT ${fields.map((field) => `last("${field}") AS "${field}"`).join(', ')} FROM "backup_state" WHERE ${OF_SOURCE} GROUP BY ${BY_SOURCE}`;
