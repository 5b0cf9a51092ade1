import { z } from 'zod';
import { MISTAKES_WITHIN } from '../schema-issues.js';
import { shown } from '../problems.js';
import { secretOrText } from './secret.js';
import { HOSTNAME_PATTERN } from './ssh.js';
import { absolutePath, duration, mapping, plainText, word } from './words.js';

/** Both forms in one mapping: which of them is meant, and what is missing of it, resolve-influxdb.ts says in words that fit. */
const influxdb = mapping({
  host: word(
    HOSTNAME_PATTERN,
    'a host name or address',
    'only the name, without http:// and port, for instance localhost or influx.example.com',
  ).meta({ title: 'Host', description: 'Name or address of the server.', examples: ['localhost'] }),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .meta({ title: 'Port', description: 'Default: 8086.', examples: [8086] })
    .optional(),
  ssl: z
    .boolean()
    .meta({ title: 'TLS', description: 'Speak TLS with it. Default: false.', examples: [true] })
    .optional(),
  ca_file: absolutePath('/path/of/ca.pem')
    .meta({
      title: 'CA file',
      description: 'PEM file on the worker with the CAs to trust instead of the system’s; with `ssl: true`.',
      examples: ['/etc/holdfast/influxdb-ca.pem'],
    })
    .optional(),
  timeout: duration({ min: '1s', max: '5m' })
    .meta({ title: 'Time limit', description: 'How long one request may take. Default: 10s.', examples: ['10s'] })
    .optional(),
  token: secretOrText('Token', 'InfluxDB 2.x: an API token that may read and write the bucket.', {
    pattern: /^[\x21-\x7e]+$/,
    instead: 'the token as InfluxDB shows it, in quotes, without spaces',
  }).optional(),
  organization: plainText('a name', 'the organization’s name')
    .meta({ title: 'Organization', description: 'InfluxDB 2.x: the bucket’s organization.', examples: ['home'] })
    .optional(),
  bucket: plainText('a name', 'the bucket’s name')
    .meta({ title: 'Bucket', description: 'InfluxDB 2.x: where points go; it must exist.', examples: ['backup'] })
    .optional(),
  database: plainText('a name', 'the database’s name')
    .meta({
      title: 'Database',
      description: 'InfluxDB 1.x: where points go; it must exist.',
      examples: ['backup_metrics'],
    })
    .optional(),
  username: word(/^[^\u0000-\u001f\u007f-\u009f:]+$/, 'a user’s name', 'it without ":"')
    .meta({
      title: 'User',
      description: 'InfluxDB 1.x: who may read and write the database. Default: no login.',
      examples: ['backup_user'],
    })
    .optional(),
  password: secretOrText('Password', 'InfluxDB 1.x: of `username`.', {
    pattern: /^[^\u0000-\u001f\u007f-\u009f]+$/,
    instead: 'the password in quotes',
  }).optional(),
  retention_policy: plainText('a name', 'the retention policy’s name')
    .meta({
      title: 'Retention policy',
      description: 'InfluxDB 1.x: which one of the database. Default: its default.',
      examples: ['autogen'],
    })
    .optional(),
}).meta({
  title: 'InfluxDB',
  description:
    'Which database the metrics go to: token, organization and bucket for 2.x, database, username and password for 1.x.',
});

/** What the file holds that `metrics.influxdb` may name instead. */
export const influxdbFile = mapping({
  influxdb: influxdb.meta({ title: 'InfluxDB' }),
});

export const metrics = mapping({
  influxdb: z
    .union([absolutePath('the absolute path of a file such as /etc/holdfast/influxdb.yaml'), influxdb], {
      error: ({ input }) =>
        typeof input === 'string' || (typeof input === 'object' && input !== null && !Array.isArray(input))
          ? MISTAKES_WITHIN
          : `${shown(input)} cannot stand here; write a mapping with host and the rest, or the absolute path of a file that holds it`,
    })
    .meta({
      title: 'InfluxDB',
      description:
        'An InfluxDB 1.x or 2.x that the metrics are written to: the mapping below, or the absolute path of a file on the worker that holds it as its only key, `influxdb`.',
      examples: ['/etc/holdfast/influxdb.yaml'],
    })
    .optional(),
  prometheus: mapping({
    textfile: absolutePath('the absolute path of a file such as /var/lib/prometheus/node-exporter/holdfast.prom')
      .regex(/\.prom$/, {
        error: ({ input }) => `${shown(input)} is not read by node_exporter; write a name that ends with .prom`,
      })
      .meta({
        title: 'Textfile',
        description:
          'File on the worker that is written anew whenever a run ends, for node_exporter’s textfile collector.',
        examples: ['/var/lib/prometheus/node-exporter/holdfast.prom'],
      })
      .optional(),
  })
    .meta({ title: 'Prometheus', description: 'For Prometheus; workers have `/metrics` without it.' })
    .optional(),
});

export type MetricsEntry = z.infer<typeof metrics>;
export type InfluxEntry = z.infer<typeof influxdb>;
