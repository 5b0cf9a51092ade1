import type { S3Destination } from '../../src/core/plan.js';
import type { S3TestServer } from './versitygw.js';

/** A destination on a test server. Its keys stand in the environment, so that programs started by a test see them too. */
export function s3Destination(server: S3TestServer, settings: Partial<S3Destination> = {}): S3Destination {
  process.env['HOLDFAST_TEST_S3_KEY_ID'] = server.accessKeyId;
  process.env['HOLDFAST_TEST_S3_KEY'] = server.secretAccessKey;
  return {
    name: 'bucket',
    type: 's3',
    bucket: 'backups',
    prefix: '',
    endpoint: server.endpoint,
    pathStyle: true,
    accessKeyId: { env: 'HOLDFAST_TEST_S3_KEY_ID' },
    secretAccessKey: { env: 'HOLDFAST_TEST_S3_KEY' },
    ...settings,
  };
}
