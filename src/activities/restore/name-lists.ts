import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf } from '../../core/entries/entry.js';

const FLUSH_CHARACTERS = 64 * 1024;

/**
 * Files of records in a restore's spool directory, written side by side while the plan is made. Writing is synchronous: the planner decides
 * faster than a promise for each name would allow, and what is written is the page cache of a local disk.
 */
export class NameLists {
  private readonly buffers = new Map<string, { text: string[]; characters: number }>();
  readonly lengths = new Map<string, number>();

  /** @param directory undefined: a dry run, which counts only */
  constructor(private readonly directory: string | undefined) {}

  /** `record`: a byte string that does not hold `end`. */
  append(list: string, record: string, end: '\0' | '\n' = '\0'): void {
    this.lengths.set(list, (this.lengths.get(list) ?? 0) + 1);
    if (this.directory === undefined) return;
    const buffer = this.buffers.get(list) ?? { text: [], characters: 0 };
    this.buffers.set(list, buffer);
    buffer.text.push(record, end);
    buffer.characters += record.length + 1;
    if (buffer.characters >= FLUSH_CHARACTERS) this.flush(list);
  }

  flushAll(): void {
    for (const list of this.buffers.keys()) this.flush(list);
  }

  private flush(list: string): void {
    const buffer = this.buffers.get(list);
    if (!buffer || this.directory === undefined) return;
    appendFileSync(join(this.directory, list), bytesOf(buffer.text.join('')), { mode: 0o600 });
    this.buffers.delete(list);
  }
}

/** A list's records as byte strings; none when the list was never written. */
export async function readNames(directory: string, list: string): Promise<string[]> {
  try {
    const text = await readFile(join(directory, list), 'latin1');
    return text.split('\0').slice(0, -1);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Names as a list for a script, in pieces that a machine takes at once without trouble. */
export function* batchesOf(names: readonly string[], maxCharacters = 4 * 1024 * 1024): Generator<Buffer> {
  let batch: string[] = [];
  let characters = 0;
  for (const name of names) {
    batch.push(name);
    characters += name.length + 1;
    if (characters < maxCharacters) continue;
    yield nulList(batch);
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield nulList(batch);
}

export const nulList = (names: readonly string[]): Buffer => bytesOf(`${names.join('\0')}\0`);
