/**
 * Names as rsync prints them: under LC_ALL=C every byte that is not printable ASCII, and every backslash that could be mistaken for
 * the start of one, stands as `\#ooo`. So a name never breaks a line, and the original bytes can be had back.
 *
 * @returns a byte string (see entry.ts)
 */
export function unescapeRsyncName(printed: string): string {
  return printed.replace(/\\#([0-3][0-7]{2})/g, (_match, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** A name relative to the source as rsync prints it (`./`, `dir/`) → as entries are named (``, `dir`). */
export function entryNameOf(printed: string): string {
  const name = unescapeRsyncName(printed);
  if (name === '.' || name === './') return '';
  return name.endsWith('/') ? name.slice(0, -1) : name;
}
