import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { errorTypeOfErrno, errorTypeOfWords } from '../../../src/core/errors/system-errors.js';

const { errno } = constants;

describe('errors of the system', () => {
  test.each([
    ['EPERM', 'Operation not permitted', 'permission'],
    ['EACCES', 'Permission denied', 'permission'],
    ['EROFS', 'Read-only file system', 'permission'],
    ['ENOENT', 'No such file or directory', 'vanished'],
    ['ESTALE', 'Stale file handle', 'vanished'],
    ['ENOSPC', 'No space left on device', 'disk_full'],
    ['EDQUOT', 'Disk quota exceeded', 'disk_full'],
    ['EPIPE', 'Broken pipe', 'connection'],
    ['ENETDOWN', 'Network is down', 'connection'],
    ['ENETUNREACH', 'Network is unreachable', 'connection'],
    ['ENETRESET', 'Network dropped connection on reset', 'connection'],
    ['ECONNABORTED', 'Software caused connection abort', 'connection'],
    ['ECONNRESET', 'Connection reset by peer', 'connection'],
    ['ENOTCONN', 'Transport endpoint is not connected', 'connection'],
    ['ECONNREFUSED', 'Connection refused', 'connection'],
    ['EHOSTUNREACH', 'No route to host', 'connection'],
    ['ETIMEDOUT', 'Connection timed out', 'timeout'],
    ['ETIME', 'Timer expired', 'timeout'],
    ['EPROTO', 'Protocol error', 'protocol'],
    ['EIO', 'Input/output error', undefined],
    ['EINVAL', 'Invalid argument', undefined],
    ['ENOTDIR', 'Not a directory', undefined],
    ['ENAMETOOLONG', 'File name too long', undefined],
    ['EOPNOTSUPP', 'Operation not supported', undefined],
    ['ENOMEM', 'Cannot allocate memory', undefined],
  ] as const)('%s, "%s": %s, by its number and by its words', (name, words, type) => {
    expect(errorTypeOfErrno(errno[name])).toBe(type);
    expect(errorTypeOfWords(`tar: ./a: Cannot open: ${words}`)).toBe(type);
    expect(errorTypeOfWords(words)).toBe(type);
  });

  test.each([
    ['rsync: [sender] send_files failed to open "/srv/a": Permission denied (13)', 'permission'],
    ['rsync: [receiver] write failed on "/b/a": No space left on device (28)', 'disk_full'],
    ['Cannot open: Permission denied.', undefined],
    ['a file named Permission denied, it seems', undefined],
    ['Permission denied: it said', undefined],
    ['', undefined],
  ] as const)('%s: %s', (line, type) => {
    expect(errorTypeOfWords(line)).toBe(type);
  });
});
