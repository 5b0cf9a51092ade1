/** Lines of known_hosts files; see sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */

/** A host key as the host shows it. */
export interface HostKey {
  /** `ssh-ed25519`. */
  readonly type: string;
  /** Base64, as in known_hosts. */
  readonly blob: string;
  /** `SHA256:…`, as ssh shows it. */
  readonly fingerprint: string;
}

/** A line of a known_hosts file that stands for a host's name. */
export interface KnownKey extends HostKey {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly marker?: 'cert-authority' | 'revoked';
}

/** What known_hosts says of a key that the host shows: `new`: nothing. */
export type KeyState = 'known' | 'new' | 'changed' | 'revoked';

export interface JudgedKey extends HostKey {
  readonly state: KeyState;
  /** `changed`: the recorded ones of its type. */
  readonly recorded: readonly KnownKey[];
}

/** Each key that a host shows, beside those that are recorded under its name. A key is changed when another one of its type is recorded. */
export function judgeKeys(shown: readonly HostKey[], known: readonly KnownKey[]): JudgedKey[] {
  return shown.map((key) => {
    const same = known.filter(({ type, blob }) => type === key.type && blob === key.blob);
    if (same.some(({ marker }) => marker === 'revoked')) return { ...key, state: 'revoked', recorded: same };
    if (same.some(({ marker }) => marker === undefined)) return { ...key, state: 'known', recorded: [] };
    const recorded = known.filter(({ type, marker }) => type === key.type && marker === undefined);
    return { ...key, state: recorded.length > 0 ? 'changed' : 'new', recorded };
  });
}

const LINE = /^(?:@(cert-authority|revoked)\s+)?(\S+)\s+(\S+)\s+([A-Za-z0-9+/]+={0,3})(?:\s|$)/;

export interface KnownHostsLine {
  readonly names: string;
  readonly type: string;
  readonly blob: string;
  readonly marker?: 'cert-authority' | 'revoked';
}

/** Undefined for comments, blank lines, and what ssh would pass over. */
export function parseKnownHostsLine(line: string): KnownHostsLine | undefined {
  if (line.startsWith('#')) return undefined;
  const match = LINE.exec(line.trim());
  if (match === null) return undefined;
  const [, marker, names = '', type = '', blob = ''] = match;
  return { names, type, blob, ...(marker === undefined ? {} : { marker: marker as 'cert-authority' | 'revoked' }) };
}

/** Line numbers of what `ssh-keygen -F NAME` found; it knows hashed names and wildcards. */
export const foundLineNumbers = (output: string): number[] =>
  [...output.matchAll(/^# Host .* found: line (\d+)/gm)].map(([, number]) => Number(number));

/** The line that makes a key known under a name, as it stands or hashed. */
export const knownHostsLine = (name: string, { type, blob }: Pick<HostKey, 'type' | 'blob'>): string =>
  `${name} ${type} ${blob}`;

/**
 * The text of a known_hosts file with lines at its end, and some taken out. Other lines stay as they are, to the byte. Undefined when a line that is to
 * go stands for other names too.
 */
export function editedKnownHosts(
  text: string,
  added: readonly string[],
  removed: readonly number[] = [],
): string | undefined {
  const lines = text.split('\n');
  const end = lines.pop() ?? '';
  const whole = end === '' ? lines : [...lines, end];
  const shared = removed.some((number) => /[,*?!]/.test(parseKnownHostsLine(whole[number - 1] ?? '')?.names ?? ','));
  if (shared) return undefined;
  const kept = whole.filter((_, index) => !removed.includes(index + 1));
  return [...kept, ...added].map((line) => `${line}\n`).join('');
}
