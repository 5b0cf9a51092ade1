import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { configurationJsonSchema } from '../config/json-schema.js';
import { starterText } from '../config/starter.js';
import { HoldfastError } from '../core/failures.js';

const SCHEMA_NAME = 'holdfast.schema.json';

/** Writes a configuration to begin with, and the schema that its first line names. Throws ConfigExists; overwrites nothing. */
export async function writeStarter(target: string): Promise<{ path: string; schemaPath: string }> {
  const path = resolve(target);
  const schemaPath = join(dirname(path), SCHEMA_NAME);
  await mkdir(dirname(path), { recursive: true });
  if (!(await writeNew(path, starterText(`./${SCHEMA_NAME}`))))
    throw new HoldfastError('ConfigExists', `${path} exists already.`);
  await writeNew(schemaPath, `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`);
  return { path, schemaPath };
}

/** False when there is such a file. */
async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
