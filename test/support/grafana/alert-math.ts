/**
 * Grafana's `math` expressions as far as alerts use them: numbers, `$name`, `* / + -`, comparisons (1 or 0), `&&`, `||`, parentheses.
 * Source: Grafana's documentation of expression queries, "Math".
 */
export function evaluated(expression: string, values: Readonly<Record<string, number>>): number {
  const words = expression.match(/\$\w+|\d+(?:\.\d+)?|&&|\|\||[<>=!]=|[<>()*/+-]/g) ?? [];
  if (words.join('') !== expression.replaceAll(' ', '')) throw new Error(`not understood: ${expression}`);
  let at = 0;
  const take = (...any: string[]): string | undefined => (any.includes(words[at] ?? '') ? words[at++] : undefined);
  const primary = (): number => {
    if (take('(') !== undefined) {
      const inner = level(0);
      if (take(')') === undefined) throw new Error(`no ) in ${expression}`);
      return inner;
    }
    if (take('-') !== undefined) return -primary();
    const word = words[at++];
    const value = word?.startsWith('$') ? values[word.slice(1)] : Number(word);
    if (value === undefined) throw new Error(`no ${word} for ${expression}`);
    return value;
  };
  const level = (binding: number): number => {
    const operators = BINDING[binding];
    if (operators === undefined) return primary();
    let left = level(binding + 1);
    for (let word = take(...operators); word !== undefined; word = take(...operators))
      left = OPERATORS[word]?.(left, level(binding + 1)) ?? NaN;
    return left;
  };
  const result = level(0);
  if (at !== words.length) throw new Error(`left over in ${expression}: ${words.slice(at).join(' ')}`);
  return result;
}

/** From the loosest on. */
const BINDING = [['||'], ['&&'], ['<', '>', '<=', '>=', '==', '!='], ['+', '-'], ['*', '/']];

const OPERATORS: Readonly<Record<string, (left: number, right: number) => number>> = {
  '||': (left, right) => Number(left !== 0 || right !== 0),
  '&&': (left, right) => Number(left !== 0 && right !== 0),
  '<': (left, right) => Number(left < right),
  '>': (left, right) => Number(left > right),
  '<=': (left, right) => Number(left <= right),
  '>=': (left, right) => Number(left >= right),
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};
