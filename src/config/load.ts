import { resolve } from 'node:path';
import { type ConfigDocument, parseDocument } from './document.js';
import { type InfluxFile, readInfluxFile } from './influx-file.js';
import { ConfigInvalidError } from './problems.js';
import { readConfigFile } from './read.js';
import { type Configuration, resolveDocument } from './resolve.js';

export { configPlaces, findConfig } from './find.js';
export { ConfigInvalidError, problemLine } from './problems.js';
export type { Configuration } from './resolve.js';
export type { ScheduleOverlap, SchedulePlan, ScheduleTimes } from './schedule-plan.js';

/**
 * Reads, checks and resolves a configuration, with the file that it names for InfluxDB. Throws ConfigInvalid with every mistake, ConfigNotFound when it
 * cannot be read.
 */
export async function loadConfig(path: string): Promise<Configuration> {
  const absolute = resolve(path);
  const document = parseDocument(await readConfigFile(absolute), absolute);
  return soundConfiguration(document, await readInfluxFile(document));
}

/** The same for a text; `file` is what messages call it. No other file is read. */
export const parseConfig = (text: string, file: string): Configuration => soundConfiguration(parseDocument(text, file));

function soundConfiguration(document: ConfigDocument, influxFile?: InfluxFile): Configuration {
  const { configuration, problems } = resolveDocument(document, influxFile);
  if (problems.length > 0) throw new ConfigInvalidError(document.file, problems);
  return configuration;
}
