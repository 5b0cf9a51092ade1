import { resolve } from 'node:path';
import { parseDocument } from './document.js';
import { ConfigInvalidError } from './problems.js';
import { readConfigFile } from './read.js';
import { type Configuration, resolveDocument } from './resolve.js';

export { configPlaces, findConfig } from './find.js';
export { ConfigInvalidError, problemLine } from './problems.js';
export type { Configuration } from './resolve.js';
export type { ScheduleOverlap, SchedulePlan, ScheduleTimes } from './schedule-plan.js';

/** Reads, checks and resolves a configuration. Throws ConfigInvalid with every mistake, ConfigNotFound when it cannot be read. */
export async function loadConfig(path: string): Promise<Configuration> {
  const absolute = resolve(path);
  return parseConfig(await readConfigFile(absolute), absolute);
}

/** The same for a text; `file` is what messages call it. */
export function parseConfig(text: string, file: string): Configuration {
  const { configuration, problems } = resolveDocument(parseDocument(text, file));
  if (problems.length > 0) throw new ConfigInvalidError(file, problems);
  return configuration;
}
