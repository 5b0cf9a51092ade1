import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PruneBench, startPruneBench } from '../../support/prune-bench.js';
import { startFaultProxy, type FaultProxy } from '../../support/s3-fault-proxy.js';
import { s3Destination } from '../../support/s3-destination.js';
import { startVersityGw, type S3TestServer } from '../../support/versitygw.js';

let server: S3TestServer;
let proxy: FaultProxy;
let bench: PruneBench;
beforeAll(async () => {
  server = await startVersityGw();
  await server.createBucket('backups');
  proxy = await startFaultProxy(server.port);
  const destination = s3Destination(server, { name: 'vault', endpoint: proxy.endpoint });
  const { type, bucket, endpoint, accessKeyId, secretAccessKey } = destination;
  const text = { type, bucket, endpoint, access_key_id: accessKeyId, secret_access_key: secretAccessKey };
  bench = await startPruneBench({ destination, text });
  await bench.configure({ keep: { last: 1 }, grace: '0s' });
});
afterAll(async () => {
  await bench?.stop();
  await proxy?.stop();
  await server?.stop();
});

test('in a bucket that lets nobody delete, the failure has its name and the backup stays whole; with permission it goes', async () => {
  const old = await bench.backup(9);
  const newest = await bench.backup(1);
  proxy.decide = ({ method, url }) =>
    method === 'DELETE' || (method === 'POST' && url.includes('delete'))
      ? { status: 403, code: 'AccessDenied' }
      : 'pass';
  expect(await bench.prune()).toMatchObject({ status: 'failed', deleted: 0, failure: { type: 'DestinationDenied' } });
  expect(await bench.keys(`web1/data/${old}/`)).toHaveLength(3);
  proxy.decide = () => 'pass';
  expect(await bench.prune()).toMatchObject({ status: 'ok', deleted: 1, firstDeleted: [old] });
  expect(await bench.committed()).toEqual([newest]);
  expect((await bench.keys()).filter((key) => key.includes(old))).toEqual([]);
});
