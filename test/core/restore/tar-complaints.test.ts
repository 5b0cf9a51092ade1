import { describe, expect, test } from 'vitest';
import { parseAttributeDump } from '../../../src/core/restore/attribute-dump.js';
import { parseUnpackingComplaint } from '../../../src/core/restore/tar-complaints.js';

describe('parseUnpackingComplaint', () => {
  test.each([
    ['tar: a\\nb: Cannot open: Not a directory', 'entry', 'a\nb'],
    ['tar: x: y: Cannot mknod: Operation not permitted', 'entry', 'x: y'],
    ['tar: s2: Cannot hard link to s: No such file or directory', 'entry', 's2'],
    ['tar: gone: Not found in archive', 'entry', 'gone'],
    ["tar: setxattrat: Cannot set 'user.a' extended attribute for file 'f': Operation not supported", 'attribute', 'f'],
    ["tar: acl_set_file_at: Cannot set POSIX ACLs for file 'd/f': Operation not supported", 'attribute', 'd/f'],
    ['tar: big: Cannot write: No space left on device', 'full', undefined],
    ['tar: d: Cannot mkdir: Disk quota exceeded', 'full', undefined],
    ['tar: f: Cannot open: Read-only file system', 'read-only', undefined],
  ])('%s', (line, kind, path) => {
    expect(parseUnpackingComplaint(line)).toMatchObject({ kind, ...(path === undefined ? {} : { path }) });
  });

  test('tar’s farewell says nothing, and what is not known is never taken for harmless', () => {
    expect(parseUnpackingComplaint('tar: Exiting with failure status due to previous errors')).toBeUndefined();
    for (const line of [
      'tar: Unexpected EOF in archive',
      'tar: This does not look like a tar archive',
      'zstd: error',
      'Killed',
    ]) {
      expect(parseUnpackingComplaint(line)).toBe('unknown');
    }
  });
});

test('an attribute dump is read with names of any bytes', () => {
  const dump = '# file: a\\012b\nuser.x\ntrusted.y\n\n# file: .\nsecurity.capability\n\n';
  expect(parseAttributeDump(dump)).toEqual([
    { path: 'a\nb', name: 'user.x' },
    { path: 'a\nb', name: 'trusted.y' },
    { path: '.', name: 'security.capability' },
  ]);
});
