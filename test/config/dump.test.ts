import { describe, expect, test } from 'vitest';
import { ConfigInvalidError, parseConfig } from '../../src/config/load.js';
import type { SourcePlan } from '../../src/core/plan.js';

const parsed = (dump: string, beside = ''): SourcePlan =>
  parseConfig(
    `config: {backup_base: /b, exclude: [x], freeze: btrfs}\nhosts: {h: {paths: [{dump: ${dump}${beside}}]}}`,
    'f',
  ).hosts[0]?.sources[0] as SourcePlan;

describe('a dump', () => {
  test.each([
    ['{type: postgresql}', 'postgresql', { type: 'postgresql', globals: true, options: [] }],
    ['{type: postgresql, databases: all}', 'postgresql', { type: 'postgresql', globals: true, options: [] }],
    [
      '{type: postgresql, databases: app}',
      'postgresql-app',
      { type: 'postgresql', databases: ['app'], globals: false, options: [] },
    ],
    [
      '{type: postgresql, databases: [all]}',
      'postgresql-all',
      { type: 'postgresql', databases: ['all'], globals: false, options: [] },
    ],
    [
      '{type: mariadb, databases: [a, b], socket: /run/s, user: u, password: {env: P}, globals: true, options: [--no-data]}',
      'mariadb',
      {
        ...{ type: 'mariadb', databases: ['a', 'b'], socket: '/run/s', user: 'u', password: { env: 'P' } },
        ...{ globals: true, options: ['--no-data'] },
      },
    ],
    ['{type: mysql}', 'mysql', { type: 'mysql', globals: false, options: [] }],
    [
      '{type: mongodb, host: db, port: 27017}',
      'mongodb',
      { type: 'mongodb', host: 'db', port: 27017, globals: false, options: [] },
    ],
    [
      '{type: sqlite, file: /srv//app.db}',
      'sqlite-app.db',
      { type: 'sqlite', file: '/srv/app.db', globals: false, options: [] },
    ],
    [
      '{type: redis, options: [--tls, --cacert, /ca]}',
      'redis',
      { type: 'redis', globals: false, options: ['--tls', '--cacert', '/ca'] },
    ],
  ])('%s', (written, name, dump) => {
    const source = parsed(written);
    expect(source.dump).toEqual(dump);
    expect(source).toMatchObject({ name, engine: 'archive', exclude: [], path: `/dump/${dump.type}` });
    // What is said of directories elsewhere is not for it.
    expect(source.freeze).toBeUndefined();
  });

  test('may have a name, an archive’s settings, tags and scripts', () => {
    const source = parsed(
      '{type: redis}',
      ', dest_subdir: cache, engine: archive, compression_level: 9, tags: [db], pre_script: before',
    );
    expect(source).toMatchObject({
      name: 'cache',
      tags: ['db'],
      preScript: { name: 'before' },
      archive: { compressionLevel: 9 },
    });
  });
});

describe('is a mistake that says what to write:', () => {
  test.each([
    ['{}', /dump\.type: this is missing; write one of postgresql/],
    ['{type: oracle}', /dump\.type/],
    ['{type: postgresql, database: app}', /dump\.database: this key is not known here; did you mean "?databases/],
    ['{type: sqlite}', /dump\.file: this is missing/],
    ['{type: sqlite, file: app.db}', /dump\.file: .*not an absolute path/],
    ['{type: redis, databases: [a]}', /dump\.databases: this does not go with redis/],
    ['{type: postgresql, file: /x}', /dump\.file: this does not go with postgresql/],
    ['{type: postgresql, password: secret}', /dump\.password: a secret does not stand in this file/],
    ['{type: postgresql, password: {env: P}, run_as: postgres}', /dump\.run_as: .*write one of the two/],
    ['{type: mariadb, socket: /s, host: h}', /dump\.socket: .*write one of the two/],
    ['{type: postgresql, format: sql}', /dump\.format: "sql" is no form for postgresql; write custom or plain/],
    ['{type: sqlite, file: /x, format: file, run_as: app}', /dump\.format: another account cannot write/],
    ['{type: postgresql, databases: [a, a]}', /dump\.databases\[1\]: "a" is named twice/],
    ['{type: postgresql, options: ["-f", out]}', /dump\.options\[0\]: it is not a long option/],
    ['{type: postgresql, options: ["--file=out"]}', /dump\.options\[0\]: --file is not to be given here/],
    ['{type: postgresql, options: ["--fil=out"]}', /dump\.options\[0\]: --file is not to be given here/],
    ['{type: mariadb, options: ["--password=x"]}', /dump\.options\[0\]: --password is not to be given here/],
    ['{type: mariadb, options: ["--force"]}', /dump\.options\[0\]: --force is not to be given here/],
    ['{type: redis, options: ["--pass", x]}', /dump\.options\[0\]: --pass is not to be given here/],
    ['{type: redis, options: ["-a", x]}', /dump\.options\[0\]: it is not a long option/],
    ['{type: sqlite, file: /x, options: [--x]}', /dump\.options: sqlite3 has no options/],
    ['{type: postgresql, host: "-x"}', /dump\.host: "-x" is not a host/],
    ['{type: postgresql, run_as: "a b"}', /dump\.run_as: "a b" is not an account/],
    ['{type: postgresql, port: 0}', /dump\.port/],
  ])('%s', (written, message) => {
    expect(() => parsed(written)).toThrow(ConfigInvalidError);
    expect(() => parsed(written)).toThrow(message);
  });

  test.each([
    [', path: /etc', /paths\[0\]\.path: this is for directories/],
    [', engine: mirror', /paths\[0\]\.engine: a dump goes into an archive/],
    [', freeze: btrfs', /paths\[0\]\.freeze: this is for directories/],
    [', exclude: [x]', /paths\[0\]\.exclude: this is for directories/],
  ])('a dump with%s', (beside, message) => {
    expect(() => parsed('{type: redis}', beside)).toThrow(message);
  });

  test('a path of neither kind, and two dumps of one name', () => {
    const file = (paths: string) => () => parseConfig(`config: {backup_base: /b}\nhosts: {h: {paths: ${paths}}}`, 'f');
    expect(file('[{dest_subdir: x}]')).toThrow(
      /paths\[0\]\.path: this is missing; write an absolute directory such as \/etc, or a dump/,
    );
    expect(file('[{dump: {type: redis}}, {dump: {type: redis, port: 6380}}]')).toThrow(
      /"redis" is the name of another source/,
    );
    expect(file('[{dump: {type: postgresql, databases: "a\\\\/../b"}}]')).toThrow(/write a dest_subdir beside it/);
  });
});
