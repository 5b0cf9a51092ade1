import { HoldfastError } from '../failures.js';
import type { HostPlan } from '../plan.js';

const ADDRESS = /^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@\\+$-]*$/;
const JUMP = /^[A-Za-z0-9_[][A-Za-z0-9_.:%@,[\]/-]*$/;
const OPTION = /^[A-Za-z][A-Za-z0-9]*$/;
/** They would end the host's block, or read other files. */
const BLOCK_KEYWORDS = new Set(['host', 'match', 'include']);

/**
 * What every connection has, jump hosts too. ssh takes the first value it meets, so neither the plan's options nor the
 * user's own configuration can turn these off.
 */
const ALWAYS = [
  'BatchMode yes',
  'StrictHostKeyChecking yes',
  'NoHostAuthenticationForLocalhost no',
  'ServerAliveInterval 15',
  'ServerAliveCountMax 4',
  'ForwardAgent no',
  'ForwardX11 no',
  'PermitLocalCommand no',
  // Messages are read by their text; a banner must not look like one.
  'LogLevel ERROR',
  // A connection left open by somebody else would outlive the step, or hold its output open.
  'ControlMaster no',
  'ControlPath none',
  'ControlPersist no',
] as const;

/**
 * AES-GCM first: processors compute it, and whole backups go through it (1 GB took 2.3 s of processor time at both ends together, with
 * ssh's own first choice 3.7 s). Weaker than anything that the plan or the user's files say; what the host lacks is passed over.
 */
const PREFERRED = 'Ciphers ^aes128-gcm@openssh.com,aes256-gcm@openssh.com';

const FOR_THE_HOST = ['ClearAllForwardings yes', 'RemoteCommand none', 'RequestTTY no'] as const;

/**
 * What ssh is called with: the address of the plan, else the host's name, which the user's ssh configuration may
 * explain.
 */
export function sshAddress(host: HostPlan): string {
  const address = host.ssh.hostname ?? host.name;
  if (!ADDRESS.test(address)) throw invalid(host, 'hostname', address);
  return address;
}

/**
 * An ssh_config(5) file for one host. `includes` are absolute paths of further configuration files, weaker than the
 * plan. Throws ConfigInvalid for values that ssh_config cannot hold.
 */
export function sshConfigText(host: HostPlan, includes: readonly string[]): string {
  const { ssh } = host;
  const connect = `ConnectTimeout ${wholeNumber(host, 'connectTimeoutSeconds', ssh.connectTimeoutSeconds)}`;
  const own = [
    ...(ssh.user === undefined ? [] : [`User ${matching(host, 'user', ssh.user, USER)}`]),
    ...(ssh.port === undefined ? [] : [`Port ${wholeNumber(host, 'port', ssh.port)}`]),
    ...(ssh.identityFile === undefined
      ? []
      : [`IdentityFile ${quoted(host, 'identityFile', ssh.identityFile)}`, 'IdentitiesOnly yes']),
    ...(ssh.proxyJump === undefined ? [] : [`ProxyJump ${matching(host, 'proxyJump', ssh.proxyJump, JUMP)}`]),
  ];
  return [
    `Host ${sshAddress(host)}`,
    ...indented([...ALWAYS, ...FOR_THE_HOST, connect, ...own, ...planOptions(host)]),
    'Host *',
    ...indented([...ALWAYS, connect, ...includes.map((path) => `Include ${quoted(host, 'include', path)}`)]),
    // An included file may end within another host's block.
    'Host *',
    ...indented([PREFERRED]),
    '',
  ].join('\n');
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** Their values are ssh_config's own syntax: several words and quotes as ssh takes them. */
function planOptions(host: HostPlan): string[] {
  return Object.entries(host.ssh.options).map(([key, value]) => {
    if (!OPTION.test(key) || BLOCK_KEYWORDS.has(key.toLowerCase())) throw invalid(host, 'ssh option', key);
    return `${key} ${oneLine(host, key, value)}`;
  });
}

function quoted(host: HostPlan, what: string, value: string): string {
  if (/["\\]/.test(value)) throw invalid(host, what, value);
  return `"${oneLine(host, what, value)}"`;
}

function matching(host: HostPlan, what: string, value: string, pattern: RegExp): string {
  if (!pattern.test(value)) throw invalid(host, what, value);
  return value;
}

function oneLine(host: HostPlan, what: string, value: string): string {
  if (value.trim() === '' || /[\x00-\x1f\x7f]/.test(value)) throw invalid(host, what, value);
  return value;
}

function wholeNumber(host: HostPlan, what: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) throw invalid(host, what, String(value));
  return value;
}

function invalid(host: HostPlan, what: string, value: string): HoldfastError {
  return new HoldfastError('ConfigInvalid', `${host.name}: ${what} cannot be ${JSON.stringify(value)}`, {
    host: host.name,
  });
}

/** Where a login knocks first, from what `ssh -G` prints: the first jump host, or the host. Undefined when it says neither. */
export function loginGateOf(printed: string): string | undefined {
  const value = (keyword: string): string | undefined =>
    printed
      .split('\n')
      .find((line) => line.startsWith(`${keyword} `))
      ?.slice(keyword.length + 1)
      .trim();
  const [jump] = (value('proxyjump') ?? 'none').split(',');
  if (jump !== undefined && jump !== 'none') return jump.replace(/^[^@]*@/, '');
  const hostname = value('hostname');
  return hostname === undefined ? undefined : `${hostname}:${value('port') ?? '22'}`;
}
