import { visibleText } from '../../core/entries/visible-text.js';

/** What may stand in a page as it is. Only `html` and `constant` make it: all else is text, and is escaped. */
export class Markup {
  private constructor(private readonly text: string) {}

  toString(): string {
    return this.text;
  }

  /** For text that this program itself is written with. */
  static readonly constant = (text: string): Markup => new Markup(text);
  /** @internal of `html` */
  static readonly join = (parts: readonly string[]): Markup => new Markup(parts.join(''));
}

export type Content = Markup | string | number | undefined | readonly Content[];

/** Marks up values: they are shown as the text that they are, also within attributes in double quotes; undefined is nothing. */
export const html = (literals: TemplateStringsArray, ...values: readonly Content[]): Markup =>
  Markup.join(literals.flatMap((literal, index) => [literal, shown(values[index])]));

function shown(value: Content): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.toString();
  if (typeof value === 'object') return value.map(shown).join('');
  return visibleText(String(value)).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A short text that stays on one line. */
export const unbroken = (text: string): Markup => html`<span class="nw">${text}</span>`;

/** Words between backticks as code. */
export const withCode = (text: string): readonly Content[] =>
  text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
