import type { Status } from '../../core/statuses.js';
import { html, Markup } from './markup.js';

/** How a source, a run or a day is. Each has a colour and, for those who do not see it, a sign and a shape of its own. */
export type State = Status | 'never' | 'overdue' | 'none';

const SIGNS: Readonly<Record<State, string>> = {
  ok: '✓',
  warning: '!',
  skipped: '–',
  held: '‖',
  cancelled: '/',
  failed: '✗',
  never: '✗',
  overdue: '✗',
  none: '·',
};

/** A word with its sign, in its colour. */
export const badge = (state: State, word: string): Markup =>
  html`<span class="badge s-${state}"><span aria-hidden="true">${SIGNS[state]}</span> ${word}</span>`;

/** Width and height of a day's cell, in the units of its drawing. */
export const CELL = { width: 10, height: 16 } as const;

/**
 * Days as shapes: what went well is a low bar, so that trouble stands out, and hatches where colours tell nothing. To be put into the page once;
 * the rest of it refers to them.
 */
export const SHAPES: Markup =
  Markup.constant(`<svg width="0" height="0" class="defs" aria-hidden="true" focusable="false"><defs>
<pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4" height="4" class="hatch-ground"/><rect width="1.4" height="4" class="hatch-line"/></pattern>
<g id="c-ok"><rect x="1" y="11" width="8" height="5" class="f-ok"/></g>
<g id="c-warning"><rect x="1" y="7" width="8" height="9" class="f-warning"/></g>
<g id="c-skipped"><rect x="1.7" y="4.7" width="6.6" height="10.6" class="l-skipped"/></g>
<g id="c-held"><rect x="1" y="2" width="3" height="14" class="f-held"/><rect x="6" y="2" width="3" height="14" class="f-held"/></g>
<g id="c-cancelled"><rect x="1.7" y="4.7" width="6.6" height="10.6" class="l-cancelled"/><path d="M1.7 15.3 8.3 4.7" class="l-cancelled"/></g>
<g id="c-failed"><rect x="1" y="0" width="8" height="16" class="f-failed"/><path d="M3 5 7 11M7 5 3 11" class="cross"/></g>
<g id="c-none"><rect x="4" y="14" width="2" height="2" class="f-none"/></g>
</defs></svg>`);

/** What the shapes mean. */
export const legend = (states: readonly (readonly [State, string])[]): Markup =>
  html`<ul class="legend">${states.map(
    ([state, word]) =>
      html`<li><svg viewBox="0 0 10 16" width="10" height="16" aria-hidden="true"><use href="#c-${state}"/></svg> ${word}</li>`,
  )}</ul>`;
