import { HttpError } from '@influxdata/influxdb-client';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import type { FailureType } from '../../core/failures.js';
import type { InfluxPlan } from '../../core/metrics/plan.js';
import { versionIn } from './influx-version.js';
import { wordsOf } from './influx-words.js';

/** Nothing, or not all, came within the time that one request may take. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
  constructor(readonly timeoutMs: number) {
    super(`no whole answer within ${timeoutMs / 1000} s`);
  }
}

const TLS_CODE = /^(CERT_\w+|DEPTH_ZERO_\w+|EPROTO|ERR_SSL_\w+|ERR_TLS_\w+|INVALID_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+)$/;
const TLS_THERE = /HTTP request to an HTTPS server/i;
/** Of Node’s parser; but for an answer that ends too early. */
const NO_HTTP_CODE = /^HPE_(?!INVALID_EOF_STATE)/;
const NO_TLS_THERE = /wrong version number|packet length too long|record layer/i;
const MISSING = /\b(database|retention policy|bucket|organization)\b.*\bnot found\b/i;
const NOT_PERMITTED = /not authorized|requires? \w+ privilege|insufficient permissions/i;

/** An error of the client as the catalogue names it. `doing` completes "cannot …". */
export function influxFailure(error: unknown, plan: InfluxPlan, doing: string): HoldfastError {
  if (isHoldfastError(error)) return error;
  const [type, reason] = error instanceof HttpError ? ofAnswer(error, plan) : ofConnection(error);
  return new HoldfastError(type, `cannot ${doing} ${plan.url}: ${reason}`, {}, { cause: error });
}

export type Reason = readonly [type: FailureType, reason: string];

function ofAnswer(error: HttpError, plan: InfluxPlan): Reason {
  const words = wordsOf(error);
  const said = `${words} (HTTP ${error.statusCode})`;
  const refusal = refusalOf(words, plan);
  if (refusal) return [refusal[0], `${refusal[1]} (HTTP ${error.statusCode})`];
  if (TLS_THERE.test(words)) return ['MetricsUntrusted', `it speaks TLS: ${said}`];
  switch (error.statusCode) {
    case 401:
      return ['MetricsDenied', `${loginOf(plan)}: ${said}`];
    case 403:
      return ['MetricsDenied', said];
    case 408:
    case 425:
      return ['MetricsUnreachable', said];
    case 413:
      return ['MetricsRefused', `what it, or a proxy before it, takes as one request has no room for a point: ${said}`];
    case 429:
      return ['MetricsUnreachable', `it is asked too often${againIn(error)}: ${said}`];
    default:
      if (error.statusCode >= 500) return ['MetricsUnreachable', said];
      return [versionIn(error.headers) === undefined ? 'MetricsForeign' : 'MetricsRefused', said];
  }
}

/** What InfluxDB says in words, with whatever status: a missing retention policy is a 500 in 1.x, and queries fail with 200. */
export function refusalOf(words: string, plan: InfluxPlan): Reason | undefined {
  if (MISSING.test(words)) return ['MetricsNotFound', `${words}${howToMake(words, plan)}`];
  if (NOT_PERMITTED.test(words)) return ['MetricsDenied', `${words}${howToPermit(plan)}`];
  return undefined;
}

function howToMake(words: string, plan: InfluxPlan): string {
  if (plan.version === 1) {
    const { database, retentionPolicy } = plan;
    return /retention policy/i.test(words)
      ? `; make it: CREATE RETENTION POLICY "${retentionPolicy}" ON "${database}" DURATION INF REPLICATION 1`
      : `; make it: CREATE DATABASE "${database}"`;
  }
  return /bucket/i.test(words)
    ? `; make it: influx bucket create --org '${plan.organization}' --name '${plan.bucket}'`
    : '';
}

/** 1.x tells a user who may not see a database nothing about it, not even that there is none. */
const howToPermit = (plan: InfluxPlan): string =>
  plan.version === 1
    ? `, or there is no such database; permit it: GRANT ALL ON "${plan.database}" TO "${plan.username ?? 'USER'}"`
    : `; the token needs permission to read and write the bucket ${plan.bucket}`;

const loginOf = (plan: InfluxPlan): string => {
  if (plan.version === 2) return 'the token is wrong, deleted or inactive';
  return plan.username === undefined
    ? 'it asks for a username and password'
    : `the username ${plan.username} or its password is wrong`;
};

const againIn = ({ headers }: HttpError): string => {
  const seconds = headers?.['retry-after'];
  return typeof seconds === 'string' && /^\d+$/.test(seconds) ? `, it says to come back in ${seconds} s` : '';
};

interface ConnectionError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: unknown;
}

function ofConnection(error: unknown): Reason {
  // Each address of a name was tried.
  const causes = error instanceof AggregateError ? (error.errors as ConnectionError[]) : [error as ConnectionError];
  const reason = [...new Set(causes.map(({ message }) => message))].filter(Boolean).join('; ') || 'no message';
  const codes = causes.map(({ code }) => (typeof code === 'string' ? code : ''));
  if (codes.some((code) => TLS_CODE.test(code)))
    return ['MetricsUntrusted', NO_TLS_THERE.test(reason) ? 'it speaks no TLS' : `TLS: ${reason}`];
  if (codes.some((code) => NO_HTTP_CODE.test(code))) return ['MetricsForeign', `it does not speak HTTP: ${reason}`];
  if (error instanceof TooSlow || codes.some((code) => code !== '')) return ['MetricsUnreachable', reason];
  // The client's word for an answer that was cut off.
  if (causes.some(({ name }) => name === 'AbortError')) return ['MetricsUnreachable', 'the answer was cut off'];
  if (error instanceof SyntaxError) return ['MetricsForeign', 'its answer is no JSON'];
  return ['InternalError', reason];
}
