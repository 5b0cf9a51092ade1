import { z } from 'zod';
import { shown } from '../problems.js';
import { bandwidthLimit } from './bandwidth.js';
import { protectionShape } from './protection.js';
import { secret } from './secret.js';
import { absolutePath, mapping, plainText, relativePath, word } from './words.js';

const local = mapping({
  type: z.literal('local').meta({ title: 'Kind', description: 'A directory on the worker.', examples: ['local'] }),
  path: absolutePath().meta({
    title: 'Directory',
    description: 'Absolute directory on the worker; it must exist, and its file system be mounted.',
    examples: ['/srv/backup'],
  }),
  ...protectionShape,
  bandwidth_limit: bandwidthLimit('from or to this destination', 'none').optional(),
}).meta({ title: 'Local directory', description: 'A directory on the worker.' });

const s3 = mapping({
  type: z.literal('s3').meta({ title: 'Kind', description: 'A bucket of an S3 object storage.', examples: ['s3'] }),
  bucket: word(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'a bucket’s name',
    '3 to 63 lower-case letters, digits, "." and "-"',
  ).meta({
    title: 'Bucket',
    description: 'The bucket; it must exist.',
    examples: ['backups'],
  }),
  prefix: relativePath('a path inside the bucket such as holdfast/prod')
    .meta({ title: 'Prefix', description: 'Path inside the bucket. Default: its root.', examples: ['holdfast'] })
    .optional(),
  endpoint: z
    .string()
    .refine(isEndpoint, {
      error:
        'this is not an http(s) address without user, path and query; write for instance https://s3.example.com:9000',
    })
    .meta({
      title: 'Endpoint',
      description: 'Address of the storage. Default: AWS’s, by region.',
      examples: ['https://s3.example.com'],
    })
    .optional(),
  region: word(/^[A-Za-z0-9-]{1,63}$/, 'a region', 'for instance eu-central-1')
    .meta({
      title: 'Region',
      description: 'Default: what the worker’s AWS settings say, else us-east-1.',
      examples: ['eu-central-1'],
    })
    .optional(),
  path_style: z
    .boolean()
    .meta({
      title: 'Path style',
      description:
        'The bucket stands in the path of requests, not in the host name. Default: true with an endpoint, else false.',
      examples: [true],
    })
    .optional(),
  storage_class: word(/^[A-Z][A-Z0-9_]*$/, 'a storage class', 'for instance STANDARD_IA')
    .meta({
      title: 'Storage class',
      description: 'Storage class of new objects. Default: the bucket’s.',
      examples: ['STANDARD_IA'],
    })
    .optional(),
  sse: z
    .enum(['AES256', 'aws:kms'])
    .meta({
      title: 'Encryption by the storage',
      description: 'Server-side encryption that is asked for. Default: the bucket’s.',
      examples: ['AES256', 'aws:kms'],
    })
    .optional(),
  sse_kms_key_id: plainText('a key’s id', 'the id or ARN of the key')
    .meta({
      title: 'KMS key',
      description: 'The key to use with `sse: aws:kms`. Default: the account’s.',
      examples: ['alias/backup'],
    })
    .optional(),
  access_key_id: secret('Access key id', 'Default: the worker’s own AWS credentials.').optional(),
  secret_access_key: secret('Secret access key', 'Goes with access_key_id.').optional(),
  session_token: secret('Session token', 'For temporary credentials.').optional(),
  ...protectionShape,
  bandwidth_limit: bandwidthLimit('from or to this destination', 'none').optional(),
}).meta({ title: 'S3 bucket', description: 'A bucket of AWS or of any storage that speaks S3.' });

export const destination = z.discriminatedUnion('type', [local, s3], {
  error: ({ input }) => `${typeOf(input)}; write type: local (with path) or type: s3 (with bucket)`,
});

function typeOf(input: unknown): string {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return `${shown(input)} is not a destination`;
  return 'type' in input ? `${shown(input.type)} is not a kind of destination` : 'type is missing';
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === '' && pathname === '/';
}
