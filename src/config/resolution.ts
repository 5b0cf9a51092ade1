import type { ConfigDocument } from './document.js';
import { pathText, type Problem, type ValuePath } from './problems.js';
import type { GivenExpectation } from './resolve-expectations.js';

/** Where a value comes from: nobody gave it, or a line of the file, under what owns it or further out. */
export type Origin =
  | { readonly from: 'default' }
  | { readonly from: 'file'; readonly line: number; readonly inheritedFrom?: 'config' | 'host' };

/** One setting as it counts, in the file's own words. */
export interface EffectiveValue {
  readonly path: ValuePath;
  readonly value: unknown;
  /** Several for a list that adds up. */
  readonly origins: readonly Origin[];
}

/** Gathers what resolving a file brings to light: mistakes, notes for every run, and where each value came from. */
export class Resolution {
  readonly problems: Problem[] = [];
  readonly notes: string[] = [];
  readonly effective: EffectiveValue[] = [];
  /** Every source that the file names, also those that mistakes keep from being planned. */
  readonly sources: { readonly host: string; readonly name: string; readonly tags: readonly string[] }[] = [];

  readonly expectations: GivenExpectation[] = [];

  constructor(
    private readonly document: ConfigDocument,
    private readonly originalPath: (path: ValuePath) => ValuePath,
  ) {}

  report(path: ValuePath, message: string, part: 'key' | 'value' = 'value'): void {
    const original = this.originalPath(path);
    const place = this.document.locate(original, part);
    this.problems.push({ file: this.document.file, ...place, path: pathText(original), message });
  }

  record(path: ValuePath, value: unknown, ...origins: readonly Origin[]): void {
    this.effective.push({ path, value, origins });
  }

  originOf(path: ValuePath, inheritedFrom?: 'config' | 'host'): Origin {
    const { line } = this.document.locate(this.originalPath(path));
    return { from: 'file', line, ...(inheritedFrom === undefined ? {} : { inheritedFrom }) };
  }

  /** Names that the file has at a place, wrong ones too: a wrong one must not look like a missing one. */
  writtenNames(...path: string[]): string[] {
    let value: unknown = this.document.value;
    for (const part of path) {
      value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined;
    }
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  }
}

export const BY_DEFAULT: Origin = { from: 'default' };
