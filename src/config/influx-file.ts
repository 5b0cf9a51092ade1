import { isHoldfastError } from '../core/failures.js';
import { parseDocument, type ConfigDocument } from './document.js';
import { versionOf } from './file-version.js';
import { ConfigInvalidError, type Problem } from './problems.js';
import { readConfigFile } from './read.js';

/** The file that `metrics.influxdb` names. */
export interface InfluxFile {
  readonly path: string;
  /** Just before it was read; undefined: it could not be looked at. */
  readonly version: string | undefined;
  readonly content:
    | { readonly document: ConfigDocument }
    | { readonly problems: readonly Problem[] }
    /** Why it could not be opened. */
    | { readonly unread: string };
}

/** Undefined: the configuration names none, or nothing that could be one. */
export async function readInfluxFile({ value }: ConfigDocument): Promise<InfluxFile | undefined> {
  const path = member(member(value, 'metrics'), 'influxdb');
  if (typeof path !== 'string' || !path.startsWith('/')) return undefined;
  const version = await versionOf(path);
  return { path, version, content: await contentOf(path) };
}

async function contentOf(path: string): Promise<InfluxFile['content']> {
  try {
    return { document: parseDocument(await readConfigFile(path), path) };
  } catch (error) {
    if (error instanceof ConfigInvalidError) return { problems: error.problems };
    if (isHoldfastError(error)) return { unread: error.message };
    throw error;
  }
}

const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
