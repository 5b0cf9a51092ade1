import { type Content, html, type Markup } from './markup.js';

interface Folded {
  /** So many are seen at once; a person unfolds the others. */
  readonly first: number;
  /** So many are in the page; the others are only counted. */
  readonly atMost: number;
  /** `sources` */
  readonly what: string;
}

/** A list of which one sees the first lines, and unfolds the next ones. What is beyond is said, so that the page of a large fleet still opens. */
export function folded<Item>(
  items: readonly Item[],
  { first, atMost, what }: Folded,
  draw: (items: readonly Item[]) => Content,
): Markup {
  const more = items.slice(first, atMost);
  return html`${draw(items.slice(0, first))}${
    more.length === 0
      ? undefined
      : html`<details class="more"><summary>${more.length.toLocaleString('en')} more ${what}</summary>${draw(more)}</details>`
  }${notShown(items.length - atMost, what)}`;
}

const notShown = (count: number, what: string): Markup | undefined =>
  count <= 0
    ? undefined
    : html`<p class="note">${count.toLocaleString('en')} more ${what} are not in this page; <code>holdfast report --json</code> has them all.</p>`;
