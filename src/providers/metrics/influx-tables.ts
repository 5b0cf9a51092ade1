import type { QueryTable } from './metrics-database.js';

type Cell = string | number | boolean | null;

interface Series {
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns?: readonly string[];
  readonly values?: readonly (readonly Cell[])[];
  /** There would have been more. */
  readonly partial?: boolean;
}

interface Result {
  readonly series?: readonly Series[];
  readonly error?: string;
  readonly partial?: boolean;
}

/** The tables of an answer to InfluxQL, or what the database says against it: queries fail with HTTP 200 too. */
export type Tables = { readonly tables: QueryTable[] } | { readonly refused: string };

/** Undefined: no answer of an InfluxDB. */
export function tablesOf(body: unknown): Tables | undefined {
  const { results, error } = (typeof body === 'object' && body !== null ? body : {}) as {
    results?: unknown;
    error?: unknown;
  };
  if (typeof error === 'string') return { refused: error };
  if (!Array.isArray(results)) return undefined;
  const answers = results as readonly Result[];
  const refused = answers.find((answer) => answer.error !== undefined)?.error;
  if (refused !== undefined) return { refused };
  const series = answers.flatMap((answer) => answer.series ?? []);
  if ([...answers, ...series].some(({ partial }) => partial))
    return { refused: 'it gives no more rows at once (max-row-limit) than a part of the answer' };
  return {
    tables: series.map(({ name = '', tags = {}, columns = [], values = [] }) => ({
      name,
      tags,
      columns,
      rows: values,
    })),
  };
}
