import type { HostPlan, SourcePlan, SshSettings } from '../core/plan.js';
import { Inheritance, type Layer } from './inheritance.js';
import { shown } from './problems.js';
import type { ValuePath } from './problems.js';
import { BY_DEFAULT, type Resolution } from './resolution.js';
import { reportBeyondRsync } from './resolve-rsync-only.js';
import { defined } from './resolve-destinations.js';
import { hooksFor, reportHooks } from './resolve-hooks.js';
import { resolveSource, sourceName, type SourceContext, type SourceName } from './resolve-source.js';
import type { ConfigEntry, HostEntry } from './schema/configuration.js';
import { sshOptionName, sshOptionText } from './ssh-options.js';
import { bytesPerSecond, durationMs } from './units.js';

type SharedWithConfig = Pick<HostEntry, keyof HostEntry & keyof ConfigEntry>;

export function resolveHost(name: string, context: Omit<SourceContext, 'hostPath'>): HostPlan {
  const hostPath = ['hosts', name];
  const { host, config, resolution } = context;
  const own: Layer<SharedWithConfig> = { place: 'host', entry: host, path: hostPath };
  const layers: readonly Layer<SharedWithConfig>[] = [own, { place: 'config', entry: config, path: ['config'] }];
  const settings = new Inheritance<SharedWithConfig>(resolution, layers, hostPath);
  const ssh = resolveSsh(name, host, settings, resolution);
  const ignorePing = settings.pick('ignore_ping', false);
  const waitForHostMs = waitOf(settings.pickOptional('wait_for_host'));
  const rsyncOnly = settings.pickOptional('rsync_only') === true ? true : undefined;
  const bandwidthLimitBytesPerSecond = bytesPerSecond(settings.pickOptional('bandwidth_limit'));
  reportHooks(own, resolution);
  const hooks = hooksFor('host', layers, hostPath, context);
  const sources = resolveSources({ ...context, hostPath });
  if (rsyncOnly === true) reportBeyondRsync({ hooks, sources }, hostPath, resolution);
  return defined<HostPlan>({
    name,
    ssh,
    ignorePing,
    waitForHostMs,
    rsyncOnly,
    bandwidthLimitBytesPerSecond,
    tags: host.tags ?? [],
    hooks,
    sources,
  });
}

/** Nothing for `0s`, which a host says against what `config` has. */
const waitOf = (given: string | number | undefined): number | undefined =>
  given === undefined ? undefined : durationMs(given) || undefined;

function resolveSsh(
  name: string,
  host: HostEntry,
  settings: Inheritance<SharedWithConfig>,
  resolution: Resolution,
): SshSettings {
  const login = resolveLogin(name, host, settings, resolution);
  return defined<SshSettings>({
    ...login,
    port: settings.pickOptional('ssh_port'),
    identityFile: settings.pickOptional('ssh_key'),
    proxyJump: settings.pickOptional('proxy_jump'),
    options: sshOptionsOf(settings),
    maxSessions: settings.pickOptional('max_sessions'),
    maxLogins: settings.pickOptional('max_logins'),
    connectTimeoutSeconds: Math.ceil((durationMs(settings.pick('connect_timeout', '15s')) ?? 0) / 1_000),
  });
}

/** `ssh_user: root@server2.local` gives the address too. */
function resolveLogin(
  name: string,
  host: HostEntry,
  settings: Inheritance<SharedWithConfig>,
  resolution: Resolution,
): { hostname: string | undefined; user: string | undefined } {
  const given = settings.find('ssh_user');
  const [user, address] = given?.value.split('@') ?? [];
  if (given) settings.record('ssh_user', user, given.origin);
  if (given && address !== undefined && given.place === 'config')
    resolution.report(given.path, `${shown(given.value)} would be the address of every host; write the user alone`);
  if (
    given &&
    address !== undefined &&
    given.place === 'host' &&
    host.hostname !== undefined &&
    host.hostname !== address
  )
    resolution.report(
      given.path,
      `${shown(given.value)} and hostname ${shown(host.hostname)} name two addresses; write the user alone`,
    );
  const hostname = host.hostname ?? address;
  const origin =
    hostname === undefined
      ? BY_DEFAULT
      : host.hostname === undefined
        ? given?.origin
        : resolution.originOf(['hosts', name, 'hostname']);
  settings.record('hostname', hostname ?? name, origin ?? BY_DEFAULT);
  return { hostname, user };
}

/** Options of `config` and of the host together; the host's win, whatever their case. */
function sshOptionsOf(settings: Inheritance<SharedWithConfig>): Record<string, string> {
  const pairs = settings.gather('ssh_options', (options) =>
    Object.entries(options).map(([option, value]) => [sshOptionName(option), sshOptionText(value)] as const),
  );
  return Object.fromEntries(pairs);
}

function resolveSources(context: SourceContext): SourcePlan[] {
  const names: SourceName[] = [];
  return context.host.paths.flatMap((entry, index) => {
    const path: ValuePath = [...context.hostPath, 'paths', index];
    const name = sourceName(entry, path, context.resolution);
    reportClash(name, names, context.resolution);
    names.push(name);
    const tags = [...(context.host.tags ?? []), ...(entry.tags ?? [])];
    context.resolution.sources.push({ host: String(context.hostPath[1]), name: name.name, tags });
    return resolveSource(entry, name, path, context) ?? [];
  });
}

/** Sources are directories of one host's directory: none may be, or lie in, another. */
function reportClash({ name, path }: SourceName, others: readonly SourceName[], resolution: Resolution): void {
  const clash = others.find(
    (other) => `${other.name}/`.startsWith(`${name}/`) || `${name}/`.startsWith(`${other.name}/`),
  );
  if (clash === undefined) return;
  const relation =
    clash.name === name
      ? `${shown(name)} is the name of another source of this host`
      : `${shown(name)} and the source ${shown(clash.name)} lie in each other`;
  resolution.report(path, `${relation}; write another dest_subdir`);
}
