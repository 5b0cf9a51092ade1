import { failure, failureOf } from '../../core/failures.js';
import { failed, type HostCheck, notReached, passed } from '../../core/hosts/checks.js';
import { loginFailed, loginPassed, type LoginRoute } from '../../core/hosts/login-checks.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { RsyncOutcome } from '../../core/rsync/outcome.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { listByRsync } from './probe-by-rsync.js';

/** Reasons that lie before rsync: the host, its key, the login, its shell. */
const BEFORE_RSYNC = ['HostUnreachable', 'HostKeyUnknown', 'HostKeyChanged', 'HostAuthFailed', 'HostShellPrintsText'];

/** What can be seen of a host whose key runs rsync alone: the login, and each source as rsync reads it. */
export async function verifyByRsync(
  providers: Providers,
  control: ActivityControl,
  host: HostPlan,
  route: LoginRoute,
): Promise<HostCheck[]> {
  const paths: HostCheck[] = [];
  for (const source of host.sources) {
    const outcome = await listByRsync(providers, control, host, source).catch((error: unknown): RsyncOutcome => {
      control.signal.throwIfAborted();
      const { type, message } = failureOf(error);
      return { kind: 'failed', type, message, touchedNothing: true, evidence: { lines: [] } };
    });
    if (outcome.kind === 'failed' && BEFORE_RSYNC.includes(outcome.type))
      return loginFailed(failure(outcome.type, outcome.message), route, false);
    paths.push(pathCheck(source, outcome));
  }
  const unseen = notReached(['clock', 'tools', 'temporary space'], 'rsync_only: its key runs rsync and nothing else');
  return [...loginPassed(route), ...unseen, ...paths];
}

function pathCheck({ name, path }: SourcePlan, outcome: RsyncOutcome): HostCheck {
  if (outcome.kind === 'failed') return failed('path', outcome.type, outcome.message, undefined, name);
  const { count } = outcome.flaws;
  if (count === 0) return passed('path', `rsync reads ${path}`, name);
  return failed(
    'path',
    'SourceUnreadable',
    `rsync cannot read ${count} of the entries directly in ${path}`,
    undefined,
    name,
  );
}
