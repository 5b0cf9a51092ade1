/**
 * Words of a line as a person quotes them: blanks separate, single quotes take all literally, a backslash takes the next character
 * literally (within double quotes only `"` and `\`). Nothing is expanded and no shell is asked: `$`, `*` and `;` are characters.
 * A text for an unclosed quote says so.
 */
export function splitWords(line: string): string[] | { readonly unclosed: string } {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] ?? '';
    const next = line[at + 1];
    if (character === '\\' && quote !== "'" && next !== undefined && (quote === '' || /["\\]/.test(next))) {
      word = (word ?? '') + next;
      at += 1;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== '') return { unclosed: quote };
  return word === undefined ? words : [...words, word];
}
