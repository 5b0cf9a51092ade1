import type { HostKey, JudgedKey, KnownKey } from '../../core/ssh/known-hosts.js';
import type { HostAccess, SeenHost } from '../../workers/host-access.js';

export interface TrustOptions {
  /** Fingerprints that somebody has compared; empty: none. */
  readonly fingerprints: readonly string[];
  /** Whatever the host shows is taken. */
  readonly yes: boolean;
  /** Fingerprint of the recorded key that is to give way. */
  readonly replace?: string;
  /** Asks a person: `yes`, `no`, or a fingerprint; undefined: there is nobody to ask. */
  readonly ask?: (seen: SeenHost, untrusted: readonly JudgedKey[]) => Promise<string>;
}

export type TrustOutcome =
  | { readonly kind: 'known' }
  | { readonly kind: 'trusted'; readonly added: readonly HostKey[]; readonly removed: readonly KnownKey[] }
  | { readonly kind: 'refused'; readonly why: string; readonly action: string };

/** Records the keys of a host that nobody has recorded yet, if a person (or an option that stands for one) says so. Never in place of a recorded key unasked. */
export async function trustHost(access: HostAccess, seen: SeenHost, options: TrustOptions): Promise<TrustOutcome> {
  const obstacle = obstacleTo(seen, options);
  if (obstacle !== undefined) return obstacle;
  const untrusted = seen.keys.filter(({ state }) => state === 'new' || state === 'changed');
  if (untrusted.length === 0) return { kind: 'known' };
  const accepted = await acceptedOf(seen, untrusted, options);
  if ('kind' in accepted) return accepted;
  const removed = replacedBy(accepted, options.replace);
  await access.trust(seen, accepted, removed);
  return { kind: 'trusted', added: accepted, removed };
}

function obstacleTo({ keys }: SeenHost, { replace }: TrustOptions): TrustOutcome | undefined {
  const revoked = keys.find(({ state }) => state === 'revoked');
  if (revoked !== undefined) {
    const action = 'Its owner has declared this key stolen or dead. Give the host a new one; see @revoked in sshd(8).';
    return { kind: 'refused', why: `the key ${revoked.fingerprint} is marked as revoked`, action };
  }
  const changed = keys.filter(({ state }) => state === 'changed');
  const unnamed = changed.find(({ recorded }) => !recorded.some(({ fingerprint }) => fingerprint === replace));
  if (unnamed === undefined) {
    if (replace === undefined || changed.length > 0) return undefined;
    return { kind: 'refused', why: `no changed key takes the place of ${replace}`, action: 'Leave out --replace.' };
  }
  const [old] = unnamed.recorded;
  const place = old === undefined ? '' : ` (line ${old.line} of ${old.file})`;
  return {
    kind: 'refused',
    why: `its ${unnamed.type} key has changed: known is ${old?.fingerprint ?? '?'}${place}, it shows ${unnamed.fingerprint}`,
    action: `Find out why first: it may be another machine. If the host was set up anew, add --replace ${old?.fingerprint ?? 'SHA256:…'}.`,
  };
}

async function acceptedOf(
  seen: SeenHost,
  untrusted: readonly JudgedKey[],
  options: TrustOptions,
): Promise<readonly JudgedKey[] | TrustOutcome> {
  if (options.fingerprints.length > 0) return matching(seen, untrusted, options.fingerprints);
  if (options.yes) return untrusted;
  if (options.ask === undefined) return refusal('nobody has confirmed its keys', CONFIRM);
  const answer = (await options.ask(seen, untrusted)).trim();
  if (answer.toLowerCase() === 'yes') return untrusted;
  if (answer.startsWith('SHA256:')) return matching(seen, untrusted, [answer]);
  return refusal('its keys were not confirmed', CONFIRM);
}

const CONFIRM =
  'Compare the fingerprints with those on the host’s console (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), then give --fingerprint SHA256:….';

/** A fingerprint that the host does not show means another host, or a slip; then nothing is recorded. */
function matching(
  { keys }: SeenHost,
  untrusted: readonly JudgedKey[],
  fingerprints: readonly string[],
): readonly JudgedKey[] | TrustOutcome {
  const accepted = untrusted.filter(({ fingerprint }) => fingerprints.includes(fingerprint));
  if (accepted.length > 0) return accepted;
  const isKnown = keys.some(({ state, fingerprint }) => state === 'known' && fingerprints.includes(fingerprint));
  if (isKnown) return { kind: 'known' };
  return refusal(
    `it shows no key with ${fingerprints.length === 1 ? 'that fingerprint' : 'one of those fingerprints'}`,
    CONFIRM,
  );
}

const refusal = (why: string, action: string): TrustOutcome => ({ kind: 'refused', why, action });

const replacedBy = (accepted: readonly JudgedKey[], replace: string | undefined): KnownKey[] =>
  accepted.flatMap(({ recorded }) => recorded.filter(({ fingerprint }) => fingerprint === replace));
