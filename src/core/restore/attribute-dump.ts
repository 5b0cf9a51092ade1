import { unescapeName } from '../entries/escaped-names.js';

export interface AttributeName {
  /** Byte strings. */
  readonly path: string;
  readonly name: string;
}

/** What `getfattr -m -` prints: `# file: NAME`, a line for each attribute, an empty line. */
export function parseAttributeDump(dump: string): AttributeName[] {
  const found: AttributeName[] = [];
  let path: string | undefined;
  for (const line of dump.split('\n')) {
    if (line.startsWith('# file: ')) path = unescapeName(line.slice('# file: '.length));
    else if (line !== '' && path !== undefined) found.push({ path, name: unescapeName(line) });
  }
  return found;
}
