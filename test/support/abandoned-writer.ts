import { openStorage } from '../../src/providers/storage/open-storage.js';
import { readSecret } from '../../src/providers/secrets/read-secret.js';
import type { DestinationPlan } from '../../src/core/plan.js';
import { feed } from './object-feed.js';

/** A worker that dies: writes most of an object, says so, and is killed by the test before it commits. */
const [destination, key] = process.argv.slice(2) as [string, string];
const storage = await openStorage(JSON.parse(destination) as DestinationPlan, readSecret);
const writer = await storage.createObject(key, { signal: new AbortController().signal });
await feed(writer, 'head', ['-c', '40000000', '/dev/zero']);
process.stdout.write('written\n');
setInterval(() => {}, 60_000);
