import { failureOf } from '../../core/failures.js';
import { findingChecks } from '../../core/hosts/finding-checks.js';
import { failed, type HostCheck, notReached } from '../../core/hosts/checks.js';
import { loginFailed, loginPassed } from '../../core/hosts/login-checks.js';
import type { HostPlan } from '../../core/plan.js';
import type { SshRoute } from '../../core/ssh/route.js';
import type { Findings } from '../../core/hosts/verification-findings.js';
import type { SourceQuestion, VerificationQuestions } from '../../core/hosts/verification-script.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { VerifyHostInput, VerifyHostResult } from '../contract.js';
import { askHost } from './ask-host.js';
import { verifyByRsync } from './verify-by-rsync.js';
import { verifyDestinations } from './verify-destinations.js';
import { findScripts, scriptChecks } from './verify-scripts.js';
import { verifyWay } from './verify-way.js';

const UNREACHED = ['host key', 'login', 'shell', 'clock', 'sudo', 'tools', 'temporary space', 'path'] as const;

/**
 * Looks at all that a backup of the host will need, in the order in which a login needs it. What follows a failed check is `not checked`; the
 * worker's own scripts and destinations are looked at in any case.
 */
export async function verifyHost(
  providers: Providers,
  control: ActivityControl,
  { host }: VerifyHostInput,
): Promise<VerifyHostResult> {
  const startedAtMs = Date.now();
  const scripts = await findScripts(host);
  const questions = questionsFor(host, scripts.programs);
  const { address, checks, findings } = await verifyLogin(providers, control, host, questions);
  return {
    address,
    checks: [...checks, ...(await scriptChecks(scripts, findings)), ...(await verifyDestinations(host))],
    durationMs: Date.now() - startedAtMs,
  };
}

interface Reached {
  readonly address: string;
  readonly checks: readonly HostCheck[];
  /** Undefined: the host was not reached. */
  readonly findings?: Findings;
}

async function verifyLogin(
  providers: Providers,
  control: ActivityControl,
  host: HostPlan,
  questions: VerificationQuestions,
): Promise<Reached> {
  let route: SshRoute;
  try {
    route = await providers.sshRouteFor(host, control.signal);
  } catch (error) {
    control.signal.throwIfAborted();
    const { type, message, action } = failureOf(error);
    const rest = notReached(['name', 'ping', 'port', 'SSH', ...UNREACHED], 'ssh does not take the settings');
    return { address: '', checks: [failed('configuration', type, message, action), ...rest] };
  }
  const address = `${route.user}@${route.hostname}:${route.port}`;
  const way = await verifyWay(providers.network, host, route, control.signal);
  if (way.some(({ state }) => state === 'failed')) {
    return { address, checks: [...way, ...notReached(UNREACHED, 'the host was not reached')] };
  }
  if (host.rsyncOnly === true)
    return { address, checks: [...way, ...(await verifyByRsync(providers, control, host, route))] };
  const asked = await askHost(providers, control, host, questions);
  const login = { user: route.user, ...(route.through === undefined ? {} : { through: route.through }) };
  const { broken, findings } = asked;
  const begun = findings.clockMs !== undefined;
  const refused = broken === undefined ? [] : loginFailed(broken, login, begun);
  if (refused.length > 0) return { address, checks: [...way, ...refused] };
  const judged = findingChecks({ sources: host.sources, questions, ...asked });
  return { address, checks: [...way, ...loginPassed(login), ...judged], findings };
}

function questionsFor({ sources }: HostPlan, programs: readonly string[]): VerificationQuestions {
  const asked = sources.map(({ path, engine, rsyncPath, dump }): SourceQuestion => {
    if (dump !== undefined) return {};
    const words = engine === 'mirror' ? asAnotherUser(rsyncPath) : undefined;
    return { path, ...(words === undefined ? {} : { rsyncPath: words }) };
  });
  const rsyncPaths = asked.flatMap(({ rsyncPath }) => (rsyncPath === undefined ? [] : [rsyncPath]));
  const different = new Map(rsyncPaths.map((words) => [words.join(' '), words]));
  return { sources: asked, rsyncPaths: [...different.values()], programs };
}

/** `sudo rsync` or `doas rsync`, as words; rsync of another path reads as the login user. */
function asAnotherUser(rsyncPath: string | undefined): readonly string[] | undefined {
  const words = (rsyncPath ?? '').split(' ').filter((word) => word !== '');
  return /(?:^|\/)(?:sudo|doas)$/.test(words[0] ?? '') ? words : undefined;
}
