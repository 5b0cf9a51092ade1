/** Fills in what Grafana fills in before it sends a query; as its variables' and its InfluxDB data source's documentation say. */

export interface Viewed {
  readonly fromMs: number;
  readonly toMs: number;
  /** Chosen values; absent: All, which stands for `.*`. */
  readonly chosen?: Readonly<Partial<Record<'host' | 'source' | 'destination', readonly string[]>>>;
  /** `1h`: of the dashboard's variable. */
  readonly interval: string;
  /** What Grafana reckons for the width of the screen; `10m`, unless it is said. */
  readonly step?: string;
}

const regexEscaped = (text: string): string => text.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');

const asRegex = (values: readonly string[] | undefined): string => {
  if (values === undefined) return '.*';
  const escaped = values.map(regexEscaped);
  return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
};

export const filledInfluxql = (query: string, { fromMs, toMs, chosen = {}, interval }: Viewed): string =>
  settled(
    query
      .replaceAll(/\$\{(host|source|destination):regex\}/g, (_, name: keyof typeof chosen) => asRegex(chosen[name]))
      .replaceAll('${__to:date:seconds}', String(Math.floor(toMs / 1_000)))
      .replaceAll('$interval', interval)
      .replaceAll('$timeFilter', `time >= ${fromMs}ms and time <= ${toMs}ms`),
    query,
  );

export const filledPromql = (query: string, { fromMs, toMs, chosen = {}, interval, step = '10m' }: Viewed): string =>
  settled(
    query
      // Inside a string of PromQL a backslash is escaped once more.
      .replaceAll(/\$(host|source|destination)\b/g, (_, name: keyof typeof chosen) =>
        asRegex(chosen[name]).replaceAll('\\', '\\\\'),
      )
      .replaceAll('$interval', interval)
      .replaceAll('$__range', `${Math.round((toMs - fromMs) / 1_000)}s`)
      .replaceAll('$__rate_interval', '5m')
      .replaceAll('$__interval', step),
    query,
  );

/** Nothing may be left that Grafana would have had to fill in. */
function settled(filled: string, query: string): string {
  const rest = filled.replaceAll('$/', '/');
  if (rest.includes('$')) throw new Error(`not filled in: ${filled}, of ${query}`);
  return filled;
}
