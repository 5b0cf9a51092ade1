/** Control characters, those that change the direction of text, and halves of characters. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

const shown = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;

/** What a host's programs print, as text that a terminal may get: of what it would act on only newlines and tabs stay. */
export const visibleText = (text: string): string =>
  text.replace(UNSEEN, (character) => (character === '\n' || character === '\t' ? character : shown(character)));

/** One line that stands for any text: `\n` for a newline, `\\` for a backslash, `\u{…}` for what cannot be seen. */
export const oneLine = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replace(UNSEEN, shown);
