/** Payloads stay below 64 KB: results carry what fits, worst or first, and say how many there are. */

export const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;

/** The first items, as many as fit into so many bytes of JSON. */
export function firstThatFit<Item>(items: readonly Item[], budgetBytes: number): readonly Item[] {
  let left = budgetBytes;
  const fitting = items.findIndex((item) => (left -= bytesOf(item) + 1) < 0);
  return fitting === -1 ? items : items.slice(0, fitting);
}
