import { z } from 'zod';
import { configurationSchema } from './schema/configuration.js';

/** JSON Schema (draft-07, which editors' YAML servers know best) of the file as it is written. */
export function configurationJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configurationSchema, { target: 'draft-07', io: 'input' });
}
