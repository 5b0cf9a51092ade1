import { expect, test } from 'vitest';
import { type EndedDrill, proofsOf } from '../../../src/core/history/proof-records.js';

const DRILL: EndedDrill = {
  host: 'web1',
  source: 'www',
  engine: 'archive',
  backupId: '20261121T020000Z-1',
  destination: 'vault',
  runId: 'RUN',
  endedAtMs: 1_795_226_400_000,
  files: 10,
  bytes: 1_000,
};
const PROOF = {
  kind: 'proof',
  id: 'proof/RUN/web1/www',
  atMs: 1_795_226_400_000,
  host: 'web1',
  source: 'www',
  destination: 'vault',
  engine: 'archive',
  backupId: '20261121T020000Z-1',
  good: true,
  files: 10,
  bytes: 1_000,
};

test('a drill is a proof of when and where it ended, also when what came back was something else', () => {
  expect(proofsOf(DRILL)).toEqual([PROOF]);
  const failed = { ...DRILL, failure: { type: 'DrillFailed', message: '1 file is not as it was' } } as const;
  expect(proofsOf(failed)).toEqual([{ ...PROOF, good: false }]);
});

test('one that was cancelled, could not be planned, or failed for another reason says nothing of a backup', () => {
  const { backupId: _, ...unplanned } = DRILL;
  expect(proofsOf(unplanned)).toEqual([]);
  for (const type of ['Cancelled', 'RestoreTargetFull', 'HostUnreachable'] as const)
    expect(proofsOf({ ...DRILL, failure: { type, message: 'no' } })).toEqual([]);
});

test('one of an older version does not say when and where', () => {
  const { destination: _, runId: __, endedAtMs: ___, ...older } = DRILL;
  expect(proofsOf(older)).toEqual([]);
});
