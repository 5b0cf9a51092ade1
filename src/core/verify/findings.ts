/** So many findings of one kind are named; all are counted. */
export const FIRST_FINDINGS = 100;

/** Findings for people: how many, and the first of them. */
export interface Findings {
  readonly count: number;
  readonly first: readonly string[];
}

export const NO_FINDINGS: Findings = { count: 0, first: [] };

export class FindingList {
  count = 0;
  readonly first: string[] = [];

  add(text: string): void {
    this.count += 1;
    if (this.first.length < FIRST_FINDINGS) this.first.push(text);
  }

  findings(most = FIRST_FINDINGS): Findings {
    return { count: this.count, first: this.first.slice(0, most) };
  }
}

export const joined = (a: Findings, b: Findings, most = FIRST_FINDINGS): Findings => ({
  count: a.count + b.count,
  first: [...a.first, ...b.first].slice(0, most),
});
