import type { ValuePath } from './problems.js';
import { BY_DEFAULT, type Origin, type Resolution } from './resolution.js';

/** One place that settings can stand at. */
export interface Layer<Entry> {
  readonly place: 'config' | 'host' | 'path';
  readonly entry: Entry;
  readonly path: ValuePath;
}

/** A setting that somebody gave. */
export interface Given<Value> {
  readonly value: Value;
  readonly path: ValuePath;
  readonly place: Layer<unknown>['place'];
  readonly origin: Origin;
}

/** The settings of one host or path: its own, then those of what it stands in. Each that is asked for is recorded for `config show`. */
export class Inheritance<Entry extends object> {
  /** `layers`: nearest first. `at`: where the effective values are recorded. */
  constructor(
    private readonly resolution: Resolution,
    readonly layers: readonly Layer<Entry>[],
    readonly at: ValuePath,
  ) {}

  /** The nearest one. */
  find<Key extends keyof Entry & string>(key: Key): Given<NonNullable<Entry[Key]>> | undefined {
    return this.all(key)[0];
  }

  /** Every one, nearest first. */
  all<Key extends keyof Entry & string>(key: Key): Given<NonNullable<Entry[Key]>>[] {
    return this.layers.flatMap(({ entry, path, place }) => {
      const value = entry[key];
      if (value === undefined || value === null) return [];
      const inheritedFrom = place === this.layers[0]?.place || place === 'path' ? undefined : place;
      const whole = [...path, key];
      return [{ value, path: whole, place, origin: this.resolution.originOf(whole, inheritedFrom) }];
    });
  }

  /** The nearest one or the default, recorded. */
  pick<Key extends keyof Entry & string>(key: Key, byDefault: NonNullable<Entry[Key]>): NonNullable<Entry[Key]> {
    const given = this.find(key);
    this.record(key, given?.value ?? byDefault, given?.origin ?? BY_DEFAULT);
    return given?.value ?? byDefault;
  }

  /** The nearest one, recorded when there is one. */
  pickOptional<Key extends keyof Entry & string>(key: Key): NonNullable<Entry[Key]> | undefined {
    const given = this.find(key);
    if (given) this.record(key, given.value, given.origin);
    return given?.value;
  }

  /** Items of all, from the outside in, recorded when there are any. */
  gather<Key extends keyof Entry & string, Item>(
    key: Key,
    itemsOf: (value: NonNullable<Entry[Key]>) => readonly Item[],
  ): Item[] {
    const given = this.all(key).reverse();
    const items = given.flatMap(({ value }) => itemsOf(value));
    if (given.length > 0) this.record(key, items, ...given.map(({ origin }) => origin));
    return items;
  }

  record(key: string, value: unknown, ...origins: readonly Origin[]): void {
    this.resolution.record([...this.at, key], value, ...origins);
  }
}
