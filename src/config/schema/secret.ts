import { z } from 'zod';
import { absolutePath } from './words.js';

const FORMS = '{env: NAME}, {file: /PATH} or {command: [PROGRAM, ARGUMENT]}';

/** The message never shows what was written: it may be the secret itself. */
const reference = z.union(
  [
    z.strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: () => 'this is not a variable’s name; write {env: NAME}' }),
    }),
    z.strictObject({ file: absolutePath('/path/of/the/file') }),
    z.strictObject({ command: z.array(z.string().min(1)).min(1) }),
  ],
  { error: () => `a secret does not stand in this file, only where the worker finds it; write ${FORMS}` },
);

export const secret = (title: string, description: string) =>
  reference.meta({
    title,
    description: `${description} Given by reference: ${FORMS}; read on the worker when it is needed.`,
    examples: [{ env: 'BACKUP_S3_SECRET' }, { file: '/etc/holdfast/s3-secret' }, { command: ['pass', 'show', 's3'] }],
  });
