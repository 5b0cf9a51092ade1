import { type Content, html, type Markup } from './markup.js';

/**
 * A table that becomes a list of cards on a narrow screen: each cell then bears its column's name.
 *
 * @param short `short`: of figures, of which two find room beside each other
 */
export const listTable = (
  name: string,
  columns: readonly string[],
  rows: readonly (readonly Content[])[],
  short = '',
): Markup =>
  html`<table class="list ${short}" role="table" aria-label="${name}">
<thead role="rowgroup"><tr role="row">${columns.map((column) => html`<th role="columnheader" scope="col">${column}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(
    (cells) =>
      html`<tr role="row">${cells.map((cell, index) =>
        index === 0
          ? html`<th role="rowheader" scope="row">${cell}</th>`
          : html`<td role="cell" data-name="${columns[index]}"><div>${cell}</div></td>`,
      )}</tr>\n`,
  )}</tbody></table>`;

/** The figures of a chart, for those whom a drawing tells nothing. */
export const figures = (columns: readonly string[], rows: readonly (readonly Content[])[]): Markup =>
  html`<details class="figures"><summary>Figures</summary><div class="scroll" tabindex="0" role="group" aria-label="${columns.join(', ')}"><table>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div></details>`;
