const PASSED_ON = [
  'HOME',
  'PATH',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'SSH_AUTH_SOCK',
  'KRB5CCNAME',
] as const;

/**
 * The environment of child processes: only what logging in and finding programs needs. The worker's own may hold secrets, and
 * variables that change what tools do (RSYNC_*). LC_ALL=C makes their messages the known ones.
 */
export function childEnvironment(own: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = PASSED_ON.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}
