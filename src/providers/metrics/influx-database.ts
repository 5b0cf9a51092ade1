import { HttpError } from '@influxdata/influxdb-client';
import { HoldfastError } from '../../core/failures.js';
import type { InfluxPlan } from '../../core/metrics/plan.js';
import type { Point } from '../../core/metrics/points.js';
import { whyNoDatabase } from './influx-bucket.js';
import type { InfluxConnection } from './influx-connection.js';
import { influxFailure, refusalOf } from './influx-failures.js';
import type { Reason } from './influx-failures.js';
import { lineOf } from './influx-lines.js';
import { queryParameters, writePath } from './influx-routes.js';
import { tablesOf } from './influx-tables.js';
import { assertVersion, versionIn } from './influx-version.js';
import { oneLine } from './influx-words.js';
import { writeLines } from './influx-writing.js';
import type { NumberedLine } from './influx-writing.js';
import type { MetricsDatabase, QueryTable, RefusedPoint } from './metrics-database.js';

/** InfluxDB 1.x and 2.x; before the first write or query the server is asked whether it is of the version that the plan is for. */
export class InfluxDatabase implements MetricsDatabase {
  readonly address: string;
  readonly #plan: InfluxPlan;
  readonly #connection: InfluxConnection;
  #isConfirmed = false;

  constructor(plan: InfluxPlan, connection: InfluxConnection) {
    this.address = plan.url;
    this.#plan = plan;
    this.#connection = connection;
  }

  async version(signal: AbortSignal): Promise<string> {
    const version = await this.#explained('ask the version of', async () => this.#ping(signal));
    assertVersion(version, this.#plan);
    this.#isConfirmed = true;
    return version;
  }

  async write(points: readonly Point[], signal: AbortSignal): Promise<readonly RefusedPoint[]> {
    await this.#confirm(signal);
    const refused: RefusedPoint[] = [];
    const lines: NumberedLine[] = [];
    points.forEach((point, index) => {
      const line = lineOf(point);
      if ('text' in line) lines.push({ index, text: line.text });
      else refused.push({ index, reason: line.refused });
    });
    const send = (texts: readonly string[]) => this.#connection.write(writePath(this.#plan), texts, signal);
    const refusedThere = await this.#explained('write to', () => writeLines(lines, send));
    return [...refused, ...refusedThere].sort((a, b) => a.index - b.index);
  }

  async query(influxql: string, signal: AbortSignal): Promise<QueryTable[]> {
    await this.#confirm(signal);
    const doing = 'query';
    const answer = await this.#explained(doing, () =>
      this.#connection.ask(
        'POST',
        `/query?${queryParameters(this.#plan)}`,
        `q=${encodeURIComponent(influxql)}`,
        signal,
      ),
    );
    const tables = tablesOf(answer.body);
    if (!tables)
      throw new HoldfastError('MetricsForeign', `cannot ${doing} ${this.address}: its answer is none of InfluxDB's`);
    if ('tables' in tables) return tables.tables;
    const [type, reason] = await this.#explained(doing, () => this.#reasonOf(tables.refused, signal));
    throw new HoldfastError(type, `cannot ${doing} ${this.address}: ${reason}`);
  }

  async #reasonOf(said: string, signal: AbortSignal): Promise<Reason> {
    const words = oneLine(this.#connection.withoutSecret(said));
    const plan = this.#plan;
    const known = refusalOf(words, plan);
    if (plan.version === 2 && known?.[0] === 'MetricsNotFound') return whyNoDatabase(plan, this.#connection, signal);
    return known ?? ['MetricsRefused', words];
  }

  async close(): Promise<void> {}

  async #confirm(signal: AbortSignal): Promise<void> {
    if (!this.#isConfirmed) await this.version(signal);
  }

  /** Every answer of an InfluxDB names its version, one that asks for a login first too. */
  async #ping(signal: AbortSignal): Promise<string> {
    try {
      const { headers } = await this.#connection.ask('GET', '/ping', '', signal);
      return versionIn(headers) ?? foreign(this.address);
    } catch (error) {
      const version = error instanceof HttpError ? versionIn(error.headers) : undefined;
      if (version === undefined) throw error;
      return version;
    }
  }

  async #explained<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw influxFailure(error, this.#plan, doing);
    }
  }
}

function foreign(address: string): never {
  throw new HoldfastError('MetricsForeign', `${address} answers, but not as an InfluxDB does: it names no version`);
}
