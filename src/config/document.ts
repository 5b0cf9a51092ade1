import { LineCounter, parseDocument as parseYaml } from 'yaml';
import { findExcess } from './depth.js';
import { readNodes, type PlaceOf } from './nodes.js';
import { pathText, type Problem, type ValuePath } from './problems.js';

/** 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A YAML file as plain data without prototypes, and where each part of it stands. */
export interface ConfigDocument {
  readonly file: string;
  /** Undefined when the YAML cannot be read at all. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Position of a value, or of its key; of the nearest thing around it when it is not there. */
  locate(path: ValuePath, part?: 'key' | 'value'): Position;
}

/** Nobody corrects more in one go. */
const MAX_PROBLEMS = 1_000;

/** Never throws and never recurses deeply: whatever is wrong is in `problems`. */
export function parseDocument(text: string, file: string): ConfigDocument {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const report = (offset: number, path: ValuePath, message: string) => {
    if (problems.length < MAX_PROBLEMS) problems.push({ file, ...positionOf(offset), path: pathText(path), message });
  };
  const placeOf: PlaceOf = new Map();
  const value = readText(text, lines, report, placeOf);
  return { file, value, problems, locate: (path, part = 'value') => positionOf(offsetOf(placeOf, path, part)) };
}

type Report = (offset: number, path: ValuePath, message: string) => void;

function readText(text: string, lines: LineCounter, report: Report, placeOf: PlaceOf): unknown {
  const excess = findExcess(text);
  if (excess) {
    countLines(text, lines);
    report(excess.offset, [], excess.message);
    return undefined;
  }
  // Double keys are looked for in readNodes: here it would take quadratic time.
  const options = { version: '1.2', schema: 'core', merge: false, uniqueKeys: false, prettyErrors: false } as const;
  const document = parseYaml(text, { ...options, lineCounter: lines });
  const faults = [...document.errors, ...document.warnings];
  for (const fault of faults) report(fault.pos[0], [], syntaxMessage(fault.code, fault.message));
  if (document.errors.length > 0) return undefined;
  return readNodes(document.contents, report, placeOf);
}

/** As the parser would have done, had it come so far. */
function countLines(text: string, lines: LineCounter): void {
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
}

/** Without the file's own text, which the parser quotes here and there: it may be a secret. */
function syntaxMessage(code: string, message: string): string {
  switch (code) {
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; write one document, without "---" in between';
    case 'TAG_RESOLVE_FAILED':
      return 'this tag is not known; write the value without a tag (a word that begins with "!" needs quotes)';
    case 'TAB_AS_INDENT':
      return 'a tab is used for indentation; indent with spaces';
    case 'BAD_DQ_ESCAPE':
      return 'a "\\" stands before what it does not go with; write "\\\\", or put the text in single quotes';
    case 'UNEXPECTED_TOKEN':
      return `this is not valid YAML: ${message.replace(/: .*$/s, '')}`;
    default:
      return `this is not valid YAML: ${message}`;
  }
}

function offsetOf(placeOf: PlaceOf, path: ValuePath, part: 'key' | 'value'): number {
  const place = placeOf.get(JSON.stringify(path));
  if (place) return place[part];
  return path.length === 0 ? 0 : offsetOf(placeOf, path.slice(0, -1), 'key');
}
