import { Lexer, Parser } from 'yaml';

/** Deeper than any configuration has reason to be. */
const MAX_DEPTH = 64;
/** What 1 MiB of ordinary configuration holds, and no more: a megabyte of commas would keep the parser busy for many seconds. */
const MAX_TOKENS = 400_000;

export interface Excess {
  readonly offset: number;
  readonly message: string;
}

/**
 * Where a text goes beyond what is safe to parse, if it does. To be called before parsing: composing a document recurses, and
 * enough brackets end the whole process beyond any catch. The token parser keeps its own stack, which is looked at here.
 */
export function findExcess(text: string): Excess | undefined {
  const parser = new Parser();
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme)) {
      // Finished documents are of no interest here.
    }
    if (parser.stack.length > MAX_DEPTH) return excess(parser, `is nested more than ${MAX_DEPTH} deep; nest it less`);
    if ((tokens += 1) > MAX_TOKENS)
      return excess(parser, `has more than ${MAX_TOKENS} words and signs; split the file`);
  }
  return undefined;
}

const excess = ({ offset }: Parser, what: string): Excess => ({ offset, message: `the YAML ${what}` });
