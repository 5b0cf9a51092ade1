/**
 * What ssh makes of a host's settings, read from `ssh -G` (ssh(1)): the plan, the worker's own ~/.ssh/config and /etc/ssh/ssh_config together.
 */
export interface SshRoute {
  readonly user: string;
  /** The address after `HostName`; a name or an IP address. */
  readonly hostname: string;
  readonly port: number;
  /** Hosts to go through, or the program that makes the connection; undefined: straight. */
  readonly through?: string;
  /** `any`, `inet` or `inet6`. */
  readonly addressFamily: string;
  readonly hostKeyAlias?: string;
  /** As written: `~` stands for the home directory. `none` is left out. */
  readonly identityFiles: readonly string[];
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly hashKnownHosts: boolean;
}

/** Undefined when the text is not what `ssh -G` prints. */
export function parseSshRoute(text: string): SshRoute | undefined {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space === -1) continue;
    const key = line.slice(0, space).toLowerCase();
    values.set(key, [...(values.get(key) ?? []), line.slice(space + 1).trim()]);
  }
  const first = (key: string): string | undefined => values.get(key)?.[0];
  const [user, hostname, port] = [first('user'), first('hostname'), Number(first('port'))];
  if (user === undefined || hostname === undefined || !Number.isInteger(port)) return undefined;
  const through = given(first('proxyjump')) ?? given(first('proxycommand'));
  const hostKeyAlias = given(first('hostkeyalias'));
  return {
    user,
    hostname,
    port,
    ...(through === undefined ? {} : { through }),
    addressFamily: first('addressfamily') ?? 'any',
    ...(hostKeyAlias === undefined ? {} : { hostKeyAlias }),
    identityFiles: (values.get('identityfile') ?? []).map(unquoted).filter((file) => file !== 'none'),
    userKnownHostsFiles: words(first('userknownhostsfile')),
    globalKnownHostsFiles: words(first('globalknownhostsfile')),
    hashKnownHosts: first('hashknownhosts') === 'yes',
  };
}

const given = (value: string | undefined): string | undefined =>
  value === undefined || value === '' || value === 'none' ? undefined : value;

const unquoted = (value: string): string => /^"(.*)"$/.exec(value)?.[1] ?? value;

/** A list of files; those with spaces stand in quotes. */
const words = (value: string | undefined): string[] =>
  [...(value ?? '').matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
