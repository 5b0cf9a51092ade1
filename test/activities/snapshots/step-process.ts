/** A worker of its own that brings one mirror's snapshots up to date, to be killed: `node --import tsx step-process.ts JSON`. */
import type { SnapshotMirrorInput } from '../../../src/activities/contract.js';
import { snapshotMirror } from '../../../src/activities/snapshots/snapshot-mirror.js';
import { LocalRunner } from '../../../src/providers/remote/local-runner.js';
import { LocalSnapshots } from '../../../src/providers/snapshots/local-snapshots.js';
import { providersWith } from '../../support/providers.js';
import { testControl } from '../mirror/fixture.js';

const input = JSON.parse(process.argv[2] ?? '') as SnapshotMirrorInput;
const providers = providersWith({
  snapshots: new LocalSnapshots(new LocalRunner()),
  runs: { isOpen: async () => false, restoring: async () => [] },
  holdfastVersion: '0.0.0-test',
});
process.stdout.write('begun\n');
await snapshotMirror(providers, testControl(), input);
