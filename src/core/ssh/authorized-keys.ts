import { quote } from '../shell-quoting.js';

/** A line of authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT): options, the key, a comment. */
export interface AuthorizedKey {
  /** `restrict,command="…"`; '' for none. */
  readonly options: string;
  readonly type: string;
  /** Base64. */
  readonly blob: string;
  readonly comment: string;
}

const PUBLIC_KEY = /^((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]+) ([A-Za-z0-9+/]+={0,3})(?: ([^\n]*))?$/;

/** Undefined when it is not one public key, as ssh-keygen writes it. */
export function parsePublicKey(text: string): Omit<AuthorizedKey, 'options'> | undefined {
  const match = PUBLIC_KEY.exec(text.trim());
  if (match === null) return undefined;
  const [, type = '', blob = '', comment = ''] = match;
  return { type, blob, comment: comment.replace(/[\x00-\x1f\x7f]/g, '') };
}

export const authorizedKeysLine = ({ options, type, blob, comment }: AuthorizedKey): string =>
  [options, type, blob, comment].filter((word) => word !== '').join(' ');

/** Commands, and no more: no terminal, no forwarding of any kind, no file of the user's run at the login. All of Holdfast works with it. */
export const RESTRICTED = 'restrict';

/** Throws RangeError for a directory that the line cannot hold. */
export function rsyncOnly(directory: string): string {
  // rrsync splits its own words as a shell does; sshd ends the command at a quote.
  if (!/^\/[A-Za-z0-9_.@%+=:,/-]*$/.test(directory))
    throw new RangeError(`${JSON.stringify(directory)} cannot stand in a forced command`);
  return `${RESTRICTED},command="rrsync -ro ${directory}"`;
}

/** How the installation ended; what is not `installed` or `present` changed nothing. */
export type InstallOutcome =
  | { readonly kind: 'installed'; readonly file: string; readonly lax: readonly string[] }
  | { readonly kind: 'present'; readonly file: string; readonly lax: readonly string[] }
  /** The key is there with other options than asked for. */
  | { readonly kind: 'other-options'; readonly file: string; readonly line: string }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Adds a line to the login user's authorized_keys: once, keeping what is there, whole or not at all (a new file takes the old one's place, with mode 600).
 * Links are followed; what is not the user's own regular file is left alone.
 */
export const installScript = (key: AuthorizedKey): string =>
  [`line=${quote(authorizedKeysLine(key))}`, `blob=${quote(`${key.type} ${key.blob}`)}`, ...INSTALL].join('\n');

const INSTALL = [
  `refuse() { printf 'refused %s\\n' "$(printf %s "$1" | tr '\\n' ' ')"; exit 0; }`,
  'case $line in *rrsync*) command -v rrsync >/dev/null 2>&1 || refuse "the host has no rrsync; it comes with rsync" ;; esac',
  '[ -n "$HOME" ] && [ -d "$HOME" ] || refuse "the user has no home directory (${HOME:-not set})"',
  'directory=$HOME/.ssh',
  'if [ ! -d "$directory" ]; then',
  '  said=$(mkdir -m 700 "$directory" 2>&1) || refuse "$said"',
  'fi',
  'file=$directory/authorized_keys',
  'if [ -L "$file" ]; then target=$(readlink -f "$file") && [ -n "$target" ] || refuse "$file is a link to nowhere"; else target=$file; fi',
  'if [ -e "$target" ]; then',
  '  [ -f "$target" ] || refuse "$target is not a file"',
  '  [ -O "$target" ] || refuse "$target belongs to another user"',
  '  [ -r "$target" ] || refuse "$target cannot be read"',
  'fi',
  // What sshd passes over: home or file writable by others (StrictModes).
  `lax() { for one in "$HOME" "$directory" "$target"; do case $(ls -ldL "$one" 2>/dev/null) in ?????w* | ????????w*) printf 'lax %s\\n' "$one" ;; esac; done; }`,
  'if [ -e "$target" ]; then',
  `  there=$(grep -v '^[[:space:]]*#' "$target" | grep -F -- "$blob" | head -n 1)`,
  '  if [ -n "$there" ]; then',
  `    options_of() { printf '%s' "\${1%%"$blob"*}"; }`,
  `    if [ "$(options_of "$there")" = "$(options_of "$line")" ]; then lax; printf 'present %s\\n' "$target"; else printf 'other-options %s\\n%s\\n' "$target" "$there"; fi`,
  '    exit 0',
  '  fi',
  'fi',
  'draft=$(mktemp "$target.holdfast.XXXXXXXX" 2>&1) || refuse "$draft"',
  `give_up() { rm -f "$draft"; refuse "$1"; }`,
  'said=$({',
  '  if [ -e "$target" ]; then cat "$target" && { [ ! -s "$target" ] || [ -z "$(tail -c 1 "$target")" ] || echo; }; fi &&',
  `  printf '%s\\n' "$line"`,
  '} 2>&1 >"$draft") || give_up "$said"',
  'said=$(chmod 600 "$draft" 2>&1 && { sync "$draft" 2>/dev/null || :; } && mv -f "$draft" "$target" 2>&1) || give_up "$said"',
  'if command -v restorecon >/dev/null 2>&1; then restorecon "$target" >/dev/null 2>&1; fi',
  `lax; printf 'installed %s\\n' "$target"`,
  'exit 0',
];

/** Undefined when the text is not what `installScript` prints. */
export function parseInstallOutcome(text: string): InstallOutcome | undefined {
  const lines = text.split('\n');
  const rest = (word: string): string | undefined =>
    lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  const lax = lines.filter((line) => line.startsWith('lax ')).map((line) => line.slice(4));
  const [why, other, present, installed] = ['refused', 'other-options', 'present', 'installed'].map(rest);
  if (why !== undefined) return { kind: 'refused', why };
  if (other !== undefined) {
    const at = lines.findIndex((line) => line.startsWith('other-options '));
    return { kind: 'other-options', file: other, line: lines[at + 1] ?? '' };
  }
  if (present !== undefined) return { kind: 'present', file: present, lax };
  return installed === undefined ? undefined : { kind: 'installed', file: installed, lax };
}
