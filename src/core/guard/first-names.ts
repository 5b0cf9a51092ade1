import { textOf } from '../entries/entry.js';

const NAMES_AT_MOST = 100;
/** Names may be 4 KiB long each; results carry what fits. */
const CHARACTERS_AT_MOST = 16 * 1024;

/** The first names of many, for people: one line each whatever they hold, at most a hundred and 16 KiB. */
export class FirstNames {
  readonly #names: string[] = [];
  #characters = 0;

  /** @param path a byte string */
  add(path: string): void {
    if (this.#names.length >= NAMES_AT_MOST || this.#characters >= CHARACTERS_AT_MOST) return;
    const text = textOf(path);
    this.#characters += text.length;
    if (this.#characters <= CHARACTERS_AT_MOST) this.#names.push(text);
  }

  get names(): readonly string[] {
    return this.#names;
  }
}
