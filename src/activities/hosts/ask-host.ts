import { type Failure, failureOf } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { type Findings, parseFindings } from '../../core/hosts/verification-findings.js';
import { type VerificationQuestions, verificationScript } from '../../core/hosts/verification-script.js';
import type { ActivityControl, Providers } from '../activity-control.js';

/** Looks at directories' own entries only; what takes longer hangs. */
const LIMIT_MS = 120_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

export interface AskedHost {
  readonly findings: Findings;
  /** The worker's clock when the host's was read. */
  readonly readAtMs?: number;
  readonly roundTripMs: number;
  /** Why the host did not come to the end: the login failed, or something after it. */
  readonly broken?: Failure;
}

/** Asks the host all questions in one login of their own; whatever came before it broke off counts. Throws when cancelled. */
export async function askHost(
  providers: Providers,
  { signal }: ActivityControl,
  host: HostPlan,
  questions: VerificationQuestions,
): Promise<AskedHost> {
  const startedAtMs = Date.now();
  let [heard, readAtMs, status]: [Buffer[], number | undefined, number | undefined] = [[], undefined, undefined];
  let broken: Failure | undefined;
  try {
    const running = providers.runnerFor(host).start({
      what: 'verify the host',
      body: verificationScript(questions),
      stdout: 'pipe',
      newLogin: true,
      signal,
      timeoutMs: host.ssh.connectTimeoutSeconds * 1000 + LIMIT_MS,
    });
    let sizeBytes = 0;
    for await (const chunk of (running.stdout ?? []) as AsyncIterable<Buffer>) {
      readAtMs ??= Date.now();
      sizeBytes += chunk.byteLength;
      if (sizeBytes <= MAX_OUTPUT_BYTES) heard.push(chunk);
    }
    ({ status } = await running.finished);
  } catch (error) {
    signal.throwIfAborted();
    broken = failureOf(error, { host: host.name });
  }
  const findings = parseFindings(Buffer.concat(heard).toString('utf8'));
  heard = [];
  if (status !== undefined && !findings.isWhole) broken = cutOff(host, status);
  return {
    findings,
    ...(readAtMs === undefined ? {} : { readAtMs }),
    roundTripMs: (readAtMs ?? Date.now()) - startedAtMs,
    ...(broken === undefined ? {} : { broken }),
  };
}

const cutOff = ({ name }: HostPlan, status: number): Failure => ({
  type: 'TransferInterrupted',
  message: `${name}: its shell ended with status ${status} before it had answered all`,
  action: 'Verify again; if it stays so, look at the host’s memory and at what its sh is.',
  host: name,
});
