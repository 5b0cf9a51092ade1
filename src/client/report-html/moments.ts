import { agoText, utcText } from '../reports/report-words.js';
import { html, type Markup } from './markup.js';

/** A time, and how long ago it was at the moment of the report. */
export const moment = (atMs: number, nowMs: number): Markup =>
  html`<time datetime="${new Date(atMs).toISOString()}">${utcText(atMs)}</time> <span class="dim nw">${agoText(atMs, nowMs)}</span>`;

export const momentOrNever = (atMs: number | undefined, nowMs: number): Markup =>
  atMs === undefined ? html`never` : moment(atMs, nowMs);
