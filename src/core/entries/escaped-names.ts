/** What GNU programs print for bytes that a terminal should not get: `\n`, `\ooo`, `\'`, `\\`. */
const LETTERS: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The byte string behind a name in GNU's `escape` or `c` quoting style. */
export function unescapeName(escaped: string): string {
  if (!escaped.includes('\\')) return escaped;
  return escaped.replace(/\\([0-7]{3}|[^])/g, (_whole, code: string) =>
    code.length === 3 ? String.fromCharCode(parseInt(code, 8) & 0xff) : (LETTERS[code] ?? code),
  );
}
