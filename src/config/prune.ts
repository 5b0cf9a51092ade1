import type { ValuePath } from './problems.js';
import type { SchemaMistake } from './schema-issues.js';

/**
 * The sound part of a file: what mistakes were found in is cut out, so that the rest can be looked at further and all mistakes are
 * reported at once. Items keep the position that they have in the file.
 */
export class SoundPart {
  private readonly positions = new WeakMap<object, number[]>();
  value: unknown;

  constructor(root: unknown) {
    this.value = this.copy(root);
  }

  /** A path of the sound part as it is in the file. */
  originalPath(path: ValuePath): ValuePath {
    let value: unknown = this.value;
    return path.map((part) => {
      const original =
        Array.isArray(value) && typeof part === 'number' ? (this.positions.get(value)?.[part] ?? part) : part;
      value = child(value, part);
      return original;
    });
  }

  /** Cuts out the wrong values, and what cannot be without a value that is missing. */
  cut(mistakes: readonly SchemaMistake[]): void {
    const paths = mistakes.map(({ path, missing }) => (missing ? path.slice(0, -1) : path));
    // Later list items first: the positions of earlier ones stay right.
    const unique = new Map(paths.map((path) => [JSON.stringify(path), path]));
    for (const path of [...unique.values()].sort(compareFromBack)) this.remove(path);
  }

  private remove(path: ValuePath): void {
    const last = path.at(-1);
    if (last === undefined) {
      this.value = undefined;
      return;
    }
    const parent = path.slice(0, -1).reduce<unknown>(child, this.value);
    if (Array.isArray(parent) && typeof last === 'number') {
      parent.splice(last, 1);
      this.positions.get(parent)?.splice(last, 1);
    } else if (typeof parent === 'object' && parent !== null) {
      delete (parent as Record<string, unknown>)[String(last)];
    }
  }

  private copy(value: unknown): unknown {
    if (Array.isArray(value)) {
      const items = value.map((item) => this.copy(item));
      this.positions.set(items, [...items.keys()]);
      return items;
    }
    if (typeof value !== 'object' || value === null) return value;
    const copy = Object.create(null) as Record<string, unknown>;
    for (const [key, item] of Object.entries(value)) copy[key] = this.copy(item);
    return copy;
  }
}

function child(value: unknown, part: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
  return (value as Record<string | number, unknown>)[part];
}

/** Deepest first within one branch, highest position first within one list. */
function compareFromBack(a: ValuePath, b: ValuePath): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const [left, right] = [a[at], b[at]];
    if (left === right) continue;
    if (typeof left === 'number' && typeof right === 'number') return right - left;
    return String(left) < String(right) ? -1 : 1;
  }
  return b.length - a.length;
}
