import { HoldfastError } from '../failures.js';

/** Names of objects in the making begin so; no key may. */
export const UNFINISHED_PREFIX = '.tmp-';

/** S3's limit for a whole key, prefix included, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;
/** What one file name may have on Linux. */
const MAX_SEGMENT_BYTES = 255;

const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;
// A half of a surrogate pair has no UTF-8 form: two such names could meet in one key.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Why an object must not be named so, or undefined when it may. Spaces, `=`, `%` and letters of any script are fine. */
export function keyProblem(key: string): string | undefined {
  if (CONTROL_CHARACTER.test(key)) return 'it holds a control character';
  if (LONE_SURROGATE.test(key)) return 'it is not valid Unicode';
  if (utf8Length(key) > MAX_KEY_BYTES) return `it is longer than ${MAX_KEY_BYTES} bytes`;
  for (const segment of key.split('/')) {
    const problem = segmentProblem(segment);
    if (problem) return problem;
  }
  return undefined;
}

/** Throws UnsafePath when `keyProblem` finds one. */
export function assertKey(key: string): void {
  const problem = keyProblem(key);
  if (problem) throw new HoldfastError('UnsafePath', `the object name ${JSON.stringify(key)} is refused: ${problem}`);
}

/** Throws UnsafePath unless `prefix` is '' or a key followed by `/`. */
export function assertPrefix(prefix: string): void {
  if (prefix === '') return;
  if (!prefix.endsWith('/')) {
    throw new HoldfastError('UnsafePath', `the prefix ${JSON.stringify(prefix)} is refused: it does not end in "/"`);
  }
  assertKey(prefix.slice(0, -1));
}

function segmentProblem(segment: string): string | undefined {
  if (segment === '') return 'it has an empty segment';
  if (segment === '.' || segment === '..') return `it has a "${segment}" segment`;
  if (segment.startsWith(UNFINISHED_PREFIX)) return `a segment begins with "${UNFINISHED_PREFIX}"`;
  if (utf8Length(segment) > MAX_SEGMENT_BYTES) return `a segment is longer than ${MAX_SEGMENT_BYTES} bytes`;
  return undefined;
}

const encoder = new TextEncoder();
const utf8Length = (text: string): number => encoder.encode(text).length;
