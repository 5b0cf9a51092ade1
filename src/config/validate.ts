import type { z } from 'zod';
import type { ConfigDocument } from './document.js';
import { pathText, type Problem, type ValuePath } from './problems.js';
import { SoundPart } from './prune.js';
import { issueMessage, mistakesOf } from './schema-issues.js';

/** What the schema says of a document, and the part of it that further checks can rely on. */
export interface Validated<Sound> {
  readonly problems: readonly Problem[];
  /** Undefined when nothing sound is left. */
  readonly sound?: Sound;
  /** The path in the file for a path of `sound`. */
  readonly originalPath: (path: ValuePath) => ValuePath;
}

/** A required value may go, and with it what holds it: at most so many steps up. */
const MAX_ROUNDS = 8;

export function validate<Sound>(document: ConfigDocument, schema: z.ZodType<Sound>): Validated<Sound> {
  const part = new SoundPart(document.value);
  const originalPath = (path: ValuePath) => part.originalPath(path);
  let problems: readonly Problem[] | undefined;
  for (let round = 0; round < MAX_ROUNDS && part.value !== undefined; round += 1) {
    const result = schema.safeParse(part.value, { error: issueMessage, reportInput: true });
    if (result.success) return { problems: problems ?? [], sound: result.data, originalPath };
    const mistakes = mistakesOf(result.error.issues, part.value);
    problems ??= mistakes.map(({ path, part: where, missing, message }) => ({
      file: document.file,
      ...document.locate(path, missing ? 'key' : where),
      path: pathText(path),
      message,
    }));
    part.cut(mistakes);
  }
  return { problems: problems ?? [], originalPath };
}
