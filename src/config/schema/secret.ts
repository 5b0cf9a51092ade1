import { z } from 'zod';
import { ABSOLUTE_PATH_PATTERN } from './words.js';

const FORMS = '{env: NAME}, {file: /PATH} or {command: [PROGRAM, ARGUMENT]}';

const references = [
  z.strictObject({
    env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: () => 'this is not a variable’s name; write {env: NAME}' }),
  }),
  z.strictObject({
    file: z
      .string()
      .regex(ABSOLUTE_PATH_PATTERN, { error: () => 'this is not an absolute path; write {file: /path/of/the/file}' }),
  }),
  z.strictObject({ command: z.array(z.string().min(1)).min(1) }),
] as const;

/** The message never shows what was written: it may be the secret itself. */
const reference = z.union(references, {
  error: () => `a secret does not stand in this file, only where the worker finds it; write ${FORMS}`,
});

export const secret = (title: string, description: string) =>
  reference.meta({
    title,
    description: `${description} Given by reference: ${FORMS}; read on the worker when it is needed.`,
    examples: [{ env: 'BACKUP_S3_SECRET' }, { file: '/etc/holdfast/s3-secret' }, { command: ['pass', 'show', 's3'] }],
  });

/** A secret that may also stand in the file as it is. No message shows it. */
export function secretOrText(
  title: string,
  description: string,
  text: { readonly pattern: RegExp; readonly instead: string },
) {
  const error = () => `this cannot be one; write ${text.instead}, or ${FORMS}`;
  return z.union([z.string({ error }).regex(text.pattern, { error }), ...references], { error }).meta({
    title,
    description: `${description} As text, or by reference: ${FORMS}, read on the worker when it is needed.`,
    examples: [{ file: '/etc/holdfast/influxdb-secret' }, { env: 'INFLUXDB_SECRET' }],
  });
}
