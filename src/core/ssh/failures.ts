import type { FailureType } from '../failures.js';

/** What is known of a session that ended before the host began its script. */
export interface SshFailureInput {
  readonly host: string;
  readonly exitCode: number | null;
  readonly stderrLines: readonly string[];
}

export interface SshFailure {
  readonly type: FailureType;
  readonly message: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly type: FailureType;
  readonly says: string;
}

const rule = (type: FailureType, says: string, pattern: RegExp): Rule => ({ type, says, pattern });

/** The first that fits counts: causes stand before what follows from them. Matched per line, without regard to case. */
const RULES: readonly Rule[] = [
  rule(
    'ConfigInvalid',
    'ssh does not take its configuration',
    /bad configuration option|bad owner or permissions on|terminating, \d+ bad|extra arguments at end/i,
  ),
  rule('HostKeyChanged', 'its SSH key is not the known one', /host key for .* has changed/i),
  rule('HostKeyChanged', 'its SSH key was revoked', /host key .*revoked|revoked host key/i),
  rule(
    'HostKeyUnknown',
    'its SSH key is not known',
    /no \S+ host key is known for|host key is not known|requested strict checking/i,
  ),
  rule('HostKeyUnknown', 'its SSH key could not be checked', /host key verification failed/i),
  rule(
    'HostAuthFailed',
    'ssh ignored the private key because others may read it',
    /bad permissions|unprotected private key file|permissions \d+ for .* are too open/i,
  ),
  rule(
    'HostAuthFailed',
    'the private key could not be read',
    /load key .*(invalid|libcrypto|no such file|permission denied|passphrase)|no such identity|identity file .* not acc/i,
  ),
  rule(
    'HostAuthFailed',
    'the login was refused',
    /permission denied|too many authentication failures|no more authentication methods|authentication failed/i,
  ),
  rule('HostAuthFailed', 'both sides have no algorithm in common', /no matching .* found|unable to negotiate/i),
  rule(
    'HostAuthFailed',
    'the certificate was not accepted',
    /certificate (invalid|not yet valid|has expired|lacks principal)/i,
  ),
  rule(
    'HostUnreachable',
    'its name could not be resolved',
    /could not resolve hostname|name or service not known|temporary failure in name resolution/i,
  ),
  rule('HostUnreachable', 'it refused the connection', /connection refused/i),
  rule('HostUnreachable', 'it did not answer in time', /timed out|timeout, server/i),
  rule(
    'HostUnreachable',
    'there is no way to it',
    /no route to host|network is (unreachable|down)|host is (down|unreachable)/i,
  ),
  rule(
    'HostUnreachable',
    'it ended the connection before the login; too many logins at once look like this (sshd’s MaxStartups)',
    /exchange_identification|not allowed at this time|exceeded maxstartups/i,
  ),
  rule(
    'HostUnreachable',
    'the jump host gave no way through',
    /stdio forwarding failed|unknown port 65535|administratively prohibited/i,
  ),
  rule(
    'HostUnreachable',
    'it ended the connection before the login',
    /connection (closed|reset)|broken pipe|connection corrupted|disconnected from/i,
  ),
];

/**
 * What ssh prints when it cannot use a connection that others share (the socket does not answer, the host takes no more sessions over it),
 * before it logs in by itself. No failure, though it has a failure's words.
 */
export const isMultiplexingRemark = (line: string): boolean =>
  /^(?:mux_client_\w+: |Control socket connect\()/.test(line);

/** What ssh prints beside the reason; its framed warnings are followed by a line that has the values. */
const DECORATION = /^\s*$|^@+|^warning: permanently added|^debug\d:/i;

/**
 * Why a session never began, from ssh's exit status and words: it has one status, 255, for every reason of its own.
 * What is not known counts as unreachable when it is ssh's status, and as a failed command otherwise.
 */
export function explainSshFailure(input: SshFailureInput): SshFailure {
  const { host, exitCode, stderrLines } = input;
  if (exitCode !== 255 && exitCode !== null) return neverBegan(input);
  const lines = stderrLines.filter((line) => !DECORATION.test(line) && !isMultiplexingRemark(line));
  for (const { pattern, type, says } of RULES) {
    const line = lines.find((candidate) => pattern.test(candidate));
    if (line !== undefined) return { type, message: `${host}: ${says}: ${line.trim()}` };
  }
  const last = lastTellingLine(stderrLines);
  return {
    type: 'HostUnreachable',
    message: `${host}: ssh failed${last === '' ? ' and gave no reason' : `: ${last}`}`,
  };
}

function neverBegan({ host, exitCode, stderrLines }: SshFailureInput): SshFailure {
  const last = lastTellingLine(stderrLines);
  const said = last === '' ? '' : `: ${last}`;
  return {
    type: 'RemoteCommandFailed',
    message: `${host}: the login worked, but its shell did not run sh (status ${exitCode})${said}`,
  };
}

function lastTellingLine(lines: readonly string[]): string {
  return lines.findLast((line) => !DECORATION.test(line) && !isMultiplexingRemark(line))?.trim() ?? '';
}

/** What became of a connection that several sessions shared, as a clause for `the session broke off: …`. */
export function brokenConnection(
  exit: { readonly code: number | null; readonly signal: string | null },
  stderrLines: readonly string[],
): string {
  if (exit.signal !== null) return `the ssh process of the connection was ended by ${exit.signal}`;
  const last = lastTellingLine(stderrLines);
  return last === '' ? `the connection ended without a word (status ${exit.code})` : `the connection broke: ${last}`;
}
