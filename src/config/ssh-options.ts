import { nearest } from './nearest.js';
import { shown } from './problems.js';

/** Options of ssh_config(5) that a configuration may give: none runs a program, forwards anything or weakens the check of host keys. */
export const ALLOWED_SSH_OPTIONS = [
  ...[
    'AddressFamily',
    'AddKeysToAgent',
    'BindAddress',
    'BindInterface',
    'CASignatureAlgorithms',
    'CanonicalizeHostname',
  ],
  ...['CertificateFile', 'CheckHostIP', 'Ciphers', 'Compression', 'ConnectionAttempts', 'EnableSSHKeysign'],
  ...[
    'FingerprintHash',
    'GSSAPIAuthentication',
    'GSSAPIClientIdentity',
    'GSSAPIServerIdentity',
    'GlobalKnownHostsFile',
  ],
  ...['HashKnownHosts', 'HostKeyAlgorithms', 'HostKeyAlias', 'HostbasedAcceptedAlgorithms', 'HostbasedAuthentication'],
  ...['IPQoS', 'IdentitiesOnly', 'IdentityAgent', 'KexAlgorithms', 'MACs', 'PreferredAuthentications'],
  ...['PubkeyAcceptedAlgorithms', 'PubkeyAcceptedKeyTypes', 'PubkeyAuthentication', 'RekeyLimit', 'RequiredRSASize'],
  ...['RevokedHostKeys', 'TCPKeepAlive', 'UserKnownHostsFile'],
] as const;

const RUNS_PROGRAM = 'it runs a program on this machine';
const HOLDFAST_SETS = 'Holdfast sets it for every connection; remove it';
const FORWARDS = 'it opens this machine to the host; remove it';
const WEAKENS = 'it would accept host keys that nobody checked; add the key to known_hosts instead';

const REFUSED: Readonly<Record<string, string>> = {
  ProxyCommand: `${RUNS_PROGRAM}; write proxy_jump: USER@HOST`,
  ProxyUseFdpass: `${RUNS_PROGRAM}; write proxy_jump: USER@HOST`,
  LocalCommand: `${RUNS_PROGRAM}; use pre_script with run_on: worker`,
  PermitLocalCommand: `${RUNS_PROGRAM}; remove it`,
  KnownHostsCommand: `${RUNS_PROGRAM}; keep host keys in known_hosts`,
  XAuthLocation: `${RUNS_PROGRAM}; remove it`,
  PKCS11Provider: 'it loads a library into ssh; use an agent that holds the key',
  SecurityKeyProvider: 'it loads a library into ssh; use an agent that holds the key',
  SmartcardDevice: 'it loads a library into ssh; use an agent that holds the key',
  RemoteCommand: 'it would run instead of the backup; use pre_script',
  Match: 'it can run programs; write the options under the host itself',
  Host: 'it begins another host’s options; write them under that host',
  Include: 'it brings in options that nobody checked; write the options here',
  ForwardAgent: 'it hands your keys to the host; use proxy_jump to get further',
  ForwardX11: FORWARDS,
  ForwardX11Trusted: FORWARDS,
  LocalForward: FORWARDS,
  RemoteForward: FORWARDS,
  DynamicForward: FORWARDS,
  GatewayPorts: FORWARDS,
  PermitRemoteOpen: FORWARDS,
  Tunnel: FORWARDS,
  TunnelDevice: FORWARDS,
  StreamLocalBindUnlink: FORWARDS,
  GSSAPIDelegateCredentials: 'it hands your credentials to the host; remove it',
  SendEnv: 'it sends variables of this machine, secrets among them, to the host; set them in a script on the host',
  SetEnv: 'scripts and tar rely on the environment that Holdfast gives; set variables in a script',
  NoHostAuthenticationForLocalhost: WEAKENS,
  VerifyHostKeyDNS: WEAKENS,
  UpdateHostKeys: 'known_hosts is yours to change; remove it',
  PasswordAuthentication: 'nobody is there to type a password; use ssh_key',
  KbdInteractiveAuthentication: 'nobody is there to type; use ssh_key',
  NumberOfPasswordPrompts: 'nobody is there to type a password; use ssh_key',
  User: 'write ssh_user',
  HostName: 'write hostname',
  Port: 'write ssh_port',
  IdentityFile: 'write ssh_key',
  ProxyJump: 'write proxy_jump',
  ConnectTimeout: 'write connect_timeout',
  BatchMode: HOLDFAST_SETS,
  ServerAliveInterval: HOLDFAST_SETS,
  ServerAliveCountMax: HOLDFAST_SETS,
  ControlMaster: HOLDFAST_SETS,
  ControlPath: HOLDFAST_SETS,
  ControlPersist: HOLDFAST_SETS,
  ClearAllForwardings: HOLDFAST_SETS,
  ExitOnForwardFailure: HOLDFAST_SETS,
  LogLevel: HOLDFAST_SETS,
  LogVerbose: HOLDFAST_SETS,
  SyslogFacility: HOLDFAST_SETS,
  RequestTTY: HOLDFAST_SETS,
  SessionType: HOLDFAST_SETS,
  StdinNull: HOLDFAST_SETS,
  ForkAfterAuthentication: HOLDFAST_SETS,
  EscapeChar: HOLDFAST_SETS,
  EnableEscapeCommandline: HOLDFAST_SETS,
  VisualHostKey: HOLDFAST_SETS,
};

const STRICT = 'StrictHostKeyChecking';
const canonical = new Map(
  [...ALLOWED_SSH_OPTIONS, STRICT, ...Object.keys(REFUSED)].map((name) => [name.toLowerCase(), name]),
);

export type SshOptionValue = string | number | boolean;

/** What is wrong with one of `ssh_options`, and what to write; undefined when nothing is. */
export function sshOptionMistake(name: string, value: SshOptionValue): string | undefined {
  const known = canonical.get(name.toLowerCase());
  if (known === undefined) return unknownMessage(name);
  const reason = REFUSED[known];
  if (reason !== undefined) return `${known} is refused: ${reason}`;
  const text = sshOptionText(value);
  if (known === STRICT && text !== 'yes') return `${STRICT} ${shown(text)} is refused: ${WEAKENS}`;
  if (text.trim() === '' || /[\x00-\x1f\x7f]/.test(text))
    return `${shown(text)} cannot be a value; write it on one line`;
  return undefined;
}

function unknownMessage(name: string): string {
  const near = nearest(name, canonical.values());
  const hint = near === undefined ? 'the manual lists those that can be given' : `did you mean "${near}"?`;
  return `this is not an option that Holdfast passes to ssh; ${hint}`;
}

export const sshOptionName = (name: string): string => canonical.get(name.toLowerCase()) ?? name;

export function sshOptionText(value: SshOptionValue): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}
