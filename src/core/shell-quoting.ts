/**
 * The one function that quotes for a POSIX shell (POSIX.1-2017, Shell Command Language, 2.2.2 Single-Quotes):
 * within single quotes every byte but the quote itself stands for itself.
 *
 * Words are strings of bytes or of text; NUL cannot be passed to a program and is refused.
 */
export function quote(word: string): string {
  if (word.includes('\0')) throw new RangeError('a shell word cannot hold NUL');
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ');
}
