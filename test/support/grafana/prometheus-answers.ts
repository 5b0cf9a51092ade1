/** What Grafana asks of Prometheus for panels and variables. */

export interface Answer {
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly values: readonly number[];
}

interface Asked {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepSeconds: number;
  /** A range; else the moment at its end. */
  readonly range: boolean;
}

export async function askPrometheus(
  url: string,
  query: string,
  { fromMs, toMs, stepSeconds, range }: Asked,
): Promise<Answer[]> {
  const moments: Readonly<Record<string, string>> = range
    ? { start: String(fromMs / 1_000), end: String(toMs / 1_000), step: String(stepSeconds) }
    : { time: String(toMs / 1_000) };
  const { result } = await ask<Result>(`${url}/api/v1/${range ? 'query_range' : 'query'}`, { query, ...moments });
  return result.map(({ metric, value, values }) => ({
    labels: metric,
    values: (values ?? (value === undefined ? [] : [value])).map(([, text]) => Number(text)),
  }));
}

/** `label_values(metric{…}, label)` is no PromQL: Grafana asks Prometheus for the label's values by itself. */
export async function labelValues(url: string, query: string): Promise<readonly string[]> {
  const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? [];
  if (selector === undefined || label === undefined) throw new Error(`no label_values: ${query}`);
  return ask<readonly string[]>(`${url}/api/v1/label/${label}/values`, { 'match[]': selector });
}

interface Result {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value?: readonly [number, string];
    readonly values?: readonly (readonly [number, string])[];
  }[];
}

async function ask<Data>(url: string, parameters: Readonly<Record<string, string>>): Promise<Data> {
  const response = await fetch(`${url}?${new URLSearchParams(parameters).toString()}`);
  const answer = (await response.json()) as { readonly data?: Data; readonly error?: string };
  if (answer.data === undefined) throw new Error(`${answer.error ?? 'no answer'}: ${JSON.stringify(parameters)}`);
  return answer.data;
}
