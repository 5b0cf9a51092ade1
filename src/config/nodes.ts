import { isAlias, isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import type { ValuePath } from './problems.js';

/** By the JSON of a value's path: offsets of its key (for a list's item: of the item) and of the value. */
export type PlaceOf = Map<string, { readonly key: number; readonly value: number }>;
type Report = (offset: number, path: ValuePath, message: string) => void;

/**
 * Plain data of a document's nodes: mappings have no prototype, aliases and double keys are reported and left out. The document's
 * depth has been checked before.
 */
export function readNodes(contents: unknown, report: Report, placeOf: PlaceOf): unknown {
  const note = (path: ValuePath, node: unknown, key = startOf(node)) => {
    placeOf.set(JSON.stringify(path), { key: key ?? 0, value: startOf(node) ?? key ?? 0 });
  };

  const readNode = (node: unknown, path: ValuePath): unknown => {
    if (isMap(node)) return readMap(node, path);
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        note([...path, index], item);
        return readNode(item, [...path, index]);
      });
    }
    if (isAlias(node)) {
      report(
        startOf(node) ?? 0,
        path,
        'aliases (* before a name) are not read; write the value out, in quotes where it begins with *',
      );
      return undefined;
    }
    return isScalar(node) ? node.value : null;
  };

  const readMap = (map: YAMLMap, path: ValuePath): unknown => {
    const result = Object.create(null) as Record<string, unknown>;
    for (const pair of map.items) {
      const key = keyOf(pair);
      const at = startOf(pair.key) ?? startOf(map) ?? 0;
      if (key === undefined) report(at, path, 'a key is not a word; write a plain word before the ":"');
      else if (key === '__proto__') report(at, [...path, key], 'this word cannot be a key; choose another');
      else if (Object.hasOwn(result, key)) report(at, [...path, key], 'this key stands twice; remove one of the two');
      else take(result, key, pair.value, [...path, key], at);
    }
    return result;
  };

  const take = (into: Record<string, unknown>, key: string, value: unknown, path: ValuePath, at: number) => {
    note(path, value, at);
    into[key] = readNode(value, path);
  };

  note([], contents);
  return readNode(contents, []);
}

/** The key as it is written: `8080:` and `true:` are words too. */
function keyOf({ key }: Pair): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function startOf(node: unknown): number | undefined {
  const range: unknown = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}
