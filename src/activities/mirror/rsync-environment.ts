/** What programs of the connection need; nothing that could change what rsync does (RSYNC_*). */
const KEPT = [
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

/** Marks every process that writes a mirror with the mirror's path, so that one whose worker died can be found. */
export const MIRROR_MARK = 'HOLDFAST_MIRROR';

export function rsyncEnvironment(own: NodeJS.ProcessEnv, mirror?: string): NodeJS.ProcessEnv {
  const kept = KEPT.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  // Messages are read by their text, and names are escaped the same way everywhere.
  return { ...Object.fromEntries(kept), LC_ALL: 'C', ...(mirror === undefined ? {} : { [MIRROR_MARK]: mirror }) };
}
