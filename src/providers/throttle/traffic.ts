import { Transform } from 'node:stream';
import type { DestinationPlan, HostPlan, RunLimit } from '../../core/plan.js';
import type { RunLimits } from './run-limits.js';
import { TokenBucket } from './token-bucket.js';

/** The limits on what one step moves. A stage that it gives is for one stream. */
export interface LimitedStep {
  /** Bytes between this machine and the host. Undefined: nothing limits them. */
  readonly host: (() => Transform) | undefined;
  /** Bytes between this machine and the destination. */
  readonly destination: (() => Transform) | undefined;
  /** To be called when the step has ended. */
  stop(): void;
}

export interface Step {
  readonly host?: Pick<HostPlan, 'name' | 'bandwidthLimitBytesPerSecond' | 'runLimit'>;
  readonly destination: Pick<DestinationPlan, 'name' | 'bandwidthLimitBytesPerSecond'>;
  readonly run?: { readonly workflowId: string; readonly runId: string };
  readonly signal: AbortSignal;
}

/**
 * What this process moves, limited: all steps of one host share the host's limit, all of one destination that one's. A run's own limit takes
 * the place of both, and is shared by all that is moved for that run.
 */
export class Traffic {
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #runs: RunLimits;

  constructor(runs: RunLimits) {
    this.#runs = runs;
  }

  /** Undefined when there is no limit at all: then bytes need not pass through this process. */
  limit({ host, destination, run, signal }: Step): LimitedStep | undefined {
    const ofHost = host && this.#bucket(`host ${host.name}`, host.bandwidthLimitBytesPerSecond);
    const ofDestination = this.#bucket(`destination ${destination.name}`, destination.bandwidthLimitBytesPerSecond);
    let said: RunLimit | undefined;
    let ofRun: TokenBucket | undefined;
    const follow = (limit: RunLimit | undefined): void => {
      said = limit;
      ofRun = limit && this.#bucket(`run ${limit.sharedBy}`, limit.bytesPerSecond ?? undefined);
    };
    follow(host?.runLimit);
    const isLimited = said === undefined ? (ofHost ?? ofDestination) !== undefined : said.bytesPerSecond !== null;
    if (!isLimited) return undefined;
    const stop = run === undefined ? () => undefined : this.#runs.watch(run, follow);
    return {
      host: host && (() => passing((bytes) => (said === undefined ? ofHost : ofRun)?.take(bytes, signal))),
      destination: () => passing((bytes) => (said === undefined ? ofDestination : undefined)?.take(bytes, signal)),
      stop,
    };
  }

  /** The configuration may have changed since the bucket was made: the newest word counts. */
  #bucket(name: string, bytesPerSecond: number | undefined): TokenBucket | undefined {
    const known = this.#buckets.get(name);
    if (known !== undefined) {
      known.bytesPerSecond = bytesPerSecond;
      return known;
    }
    if (bytesPerSecond === undefined) return undefined;
    const made = new TokenBucket(bytesPerSecond);
    this.#buckets.set(name, made);
    return made;
  }
}

/** Passes on each chunk when it may pass. */
function passing(mayPass: (bytes: number) => Promise<void> | undefined): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const wait = mayPass(chunk.byteLength);
      if (wait === undefined) done(null, chunk);
      else void wait.then(() => done(null, chunk));
    },
  });
}
