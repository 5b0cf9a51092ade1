import { failure, HoldfastError } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { lackFor, parseProbe, probeBody } from '../../core/ssh/probe.js';
import type { HostFacts } from '../../core/ssh/probe.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { ProbeHostInput, ProbeHostResult } from '../contract.js';
import { OutputTail } from './output-tail.js';
import { probeByRsync } from './probe-by-rsync.js';

const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Looks at a host in one login, which the run's other steps then share: its tools, its clock, its sources. A source whose engine lacks a tool carries the
 * failure; ToolMissing is thrown when that is so for all of them.
 */
export async function probeHost(
  providers: Providers,
  control: ActivityControl,
  { host }: ProbeHostInput,
): Promise<ProbeHostResult> {
  if (host.rsyncOnly === true) return probeByRsync(providers, control, host);
  const startedAtMs = Date.now();
  const { facts, clockReadAtMs } = await look(providers, control, host);
  const sources = host.sources.map((source, index) => {
    // What a dump needs is asked when its turn comes.
    const lack = source.dump === undefined ? lackFor(source.engine, facts) : undefined;
    const place = { host: host.name, source: source.name };
    return {
      source: source.name,
      state: facts.sources[index] ?? 'missing',
      ...(lack === undefined ? {} : { failure: failure('ToolMissing', `${host.name}: ${lack}`, place) }),
    };
  });
  const [first] = sources;
  if (first?.failure !== undefined && sources.every((source) => source.failure !== undefined)) {
    throw new HoldfastError('ToolMissing', first.failure.message, { host: host.name });
  }
  return {
    tools: facts.tools,
    clockSkewMs: facts.clockMs - clockReadAtMs,
    sources,
    roundTripMs: Date.now() - startedAtMs,
  };
}

async function look(
  providers: Providers,
  control: ActivityControl,
  host: HostPlan,
): Promise<{ facts: HostFacts; clockReadAtMs: number }> {
  const what = 'look at the host';
  const running = providers
    .runnerFor(host)
    .start({ what, body: probeBody(host.sources), stdout: 'pipe', newLogin: true, signal: control.signal });
  const output = new OutputTail(MAX_OUTPUT_BYTES);
  let clockReadAtMs: number | undefined;
  for await (const chunk of running.stdout ?? []) {
    clockReadAtMs ??= Date.now();
    output.add(chunk as Buffer);
  }
  const { stderrLines } = await running.finished;
  const facts = parseProbe(output.text(), host.sources.length);
  if (facts !== undefined && clockReadAtMs !== undefined) return { facts, clockReadAtMs };
  const said = stderrLines.at(-1) ?? output.text().slice(0, 200);
  throw new HoldfastError('RemoteCommandFailed', `${host.name}: to ${what} gave no answer that makes sense: ${said}`, {
    host: host.name,
  });
}
