/** A worker's part of a mirror in a process of its own, which may have another user: `node --import tsx mirror-process.ts JSON`. */
import { randomBytes } from 'node:crypto';
import type { MirrorInput, RestoreRequest } from '../../src/activities/contract.js';
import { commitMirror } from '../../src/activities/mirror/commit-mirror.js';
import { inspectMirror } from '../../src/activities/mirror/inspect-mirror.js';
import { mirrorPathsOf } from '../../src/activities/mirror/mirror-paths.js';
import { readMirrorState } from '../../src/activities/mirror/mirror-state.js';
import { syncMirror } from '../../src/activities/mirror/sync-mirror.js';
import { copyMirror, type MirrorCopy } from '../../src/activities/restore/mirror-copy.js';
import { SshConnections } from '../../src/providers/remote/ssh-connections.js';
import { createProviders } from '../../src/workers/providers.js';

export interface MirrorProcessInput {
  readonly mirror: MirrorInput;
  readonly stateDir: string;
  /** Directory on the same host that the mirror is copied back to. */
  readonly restoreTo: string;
}

const { mirror, stateDir, restoreTo } = JSON.parse(process.argv[2] ?? '') as MirrorProcessInput;
const connections = new SshConnections();
try {
  const providers = createProviders({ machine: 'test', stateDir, connections });
  const control = {
    signal: new AbortController().signal,
    attempt: 1,
    attemptToken: randomBytes(6).toString('hex'),
    progress: () => undefined,
    log: () => undefined,
  };
  const outcome = await syncMirror(providers, control, mirror);
  const commit = await commitMirror(providers, control, { ...mirror, startedAtMs: Date.now(), outcome });
  const { changes } = await inspectMirror(providers, control, mirror);
  const paths = mirrorPathsOf(mirror.host, mirror.source);
  const state = await readMirrorState(paths);
  const fakeSuper = state.kind === 'known' && state.state.last?.fakeSuper === true;
  const request = { overwrite: 'changed', delete: false, include: [] } as Partial<RestoreRequest> as RestoreRequest;
  const record = {
    source: mirror.source,
    targetHost: mirror.host,
    target: { machine: mirror.host.name, path: restoreTo, root: true, shared: false, tools: [], tarOptions: [] },
    mirror: paths.mirror,
    fakeSuper,
  } as Partial<MirrorCopy['record']> as MirrorCopy['record'];
  await copyMirror(providers, control, { spool: stateDir, record, request, mode: 'write', onChange: () => undefined });
  process.stdout.write(JSON.stringify({ uid: process.geteuid?.(), outcome, commit, changes, fakeSuper }));
} finally {
  await connections.close();
}
