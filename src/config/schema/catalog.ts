import { z } from 'zod';
import { secret } from './secret.js';
import { mapping } from './words.js';

export const catalog = mapping({
  type: z
    .literal('postgres', { error: () => 'write type: postgres, or leave `catalog` out: the worker then keeps a file' })
    .meta({ title: 'Kind', description: 'A PostgreSQL database.', examples: ['postgres'] }),
  url: secret('Address', '`postgres://USER:PASSWORD@HOST:PORT/DATABASE`.'),
});
