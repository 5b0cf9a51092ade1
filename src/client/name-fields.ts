import { bytesOf, utf8Of } from '../core/entries/entry.js';

/** A byte string in JSON output: as text where it is valid UTF-8, else in base64, as in an index. */
export function nameFields(field: 'path' | 'target', name: string): Record<string, string> {
  const text = utf8Of(name);
  return text === undefined ? { [`${field}Base64`]: bytesOf(name).toString('base64') } : { [field]: text };
}
