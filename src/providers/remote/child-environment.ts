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
];

/**
 * The environment of child processes: only what logging in and finding programs needs. The worker's own may hold
 * secrets, and variables that change what tools do. LC_ALL=C makes their messages the known ones.
 */
export function childEnvironment(): Record<string, string> {
  const entries = PASSED_ON.map((name) => [name, process.env[name]] as const);
  return { ...Object.fromEntries(entries.filter(([, value]) => value !== undefined)), LC_ALL: 'C' };
}
