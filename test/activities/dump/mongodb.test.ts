import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { failureOf, leftIn, startDumpBench, type DumpBench } from '../../support/dump-bench.js';

/*
 * Debian has no MongoDB: a stand-in speaks as mongodump does (its options, its log on standard error, the archive's two marks), so this shows what
 * Holdfast gives to it and makes of its answers, not that MongoDB's own program agrees.
 */
const PASSWORD = 'canary "mongo" \\ #';
const MONGODUMP = `
[[ $1 == --version ]] && { echo "mongodump version: 100.9.4"; exit; }
printf '%s\\n' "$@" >ARGS
for word in "$@"; do case $word in --config=*) cat "\${word#--config=}" >CONFIG ;; esac; done
cat CONFIG 2>/dev/null | grep -q wrong && { echo "2026-11-21T01:02:03.004+0000	Failed: can't create session: could not connect to server: connection() error occurred during connection handshake: auth error: unable to authenticate" >&2; exit 1; }
printf '\\x6d\\xe2\\x99\\x81'
case $* in *--db=none*) ;; *)
  echo "2026-11-21T01:02:03.004+0000	writing app.t to archive on stdout" >&2
  head -c 300000 /dev/urandom
  echo "2026-11-21T01:02:04.004+0000	done dumping app.t (3 documents)" >&2 ;;
esac
case $* in *--db=cut*) ;; *) printf '\\xff\\xff\\xff\\xff' ;; esac
`;

let bench: DumpBench;
beforeAll(async () => {
  bench = await startDumpBench();
});
afterAll(() => bench?.stop());
beforeEach(async () => {
  mkdirSync(bench.path('said'), { recursive: true });
  writeFileSync(bench.path('said/config'), '');
  chmodSync(bench.path('said'), 0o700);
  const script = MONGODUMP.replaceAll('ARGS', bench.path('said/args')).replaceAll('CONFIG', bench.path('said/config'));
  await bench.replaceTool('mongodump', script);
});

describe('a MongoDB (its program stood in for)', () => {
  test('is dumped whole as one archive, its password through a descriptor', async () => {
    const file = bench.path('password');
    writeFileSync(file, PASSWORD, { mode: 0o600 });
    const options = ['--authenticationDatabase=admin'];
    const source = bench.dumpSource({
      type: 'mongodb',
      host: 'db',
      port: 27018,
      user: 'u',
      password: { file },
      options,
    });
    const { written, commit } = await source.backUp();
    expect(written).toMatchObject([{ fileName: 'all.archive', remarks: [] }]);
    expect(commit.status).toBe('ok');
    expect(readFileSync(bench.path('said/args'), 'utf8').split('\n').filter(Boolean)).toEqual([
      ...[
        '--authenticationDatabase=admin',
        '--config=/dev/fd/4',
        '--host=db',
        '--port=27018',
        '--username=u',
        '--archive',
      ],
    ]);
    expect(readFileSync(bench.path('said/config'), 'utf8')).toBe(`password: ${JSON.stringify(PASSWORD)}\n`);
    expect((await source.restored('all.archive')).byteLength).toBe(300_008);
  });

  test('is dumped by name where names are given', async () => {
    const { written } = await bench.dumpSource({ type: 'mongodb', databases: ['app', 'shop'] }).backUp();
    expect(written.map(({ fileName }) => fileName)).toEqual(['app.archive', 'shop.archive']);
  });

  test('of which nothing came, or not the end, or that refused the login, has no backup', async () => {
    const refused = (news: Readonly<Record<string, unknown>>): Promise<unknown> =>
      failureOf(bench.dumpSource({ type: 'mongodb', ...news }, { dest_subdir: 'refused' }));
    // mongodump calls a database that is not there a success.
    expect(await refused({ databases: 'none' })).toMatchObject({ type: 'DatabaseNotFound' });
    expect(await refused({ databases: 'cut' })).toMatchObject({ type: 'DumpFailed' });
    const file = bench.path('wrong');
    writeFileSync(file, 'canary-wrong', { mode: 0o600 });
    const error = await refused({ user: 'u', password: { file } });
    expect(error).toMatchObject({ type: 'DatabaseLoginFailed' });
    expect(String(error)).not.toContain('canary');
    expect(leftIn(bench, 'refused')).toEqual([]);
  });
});
