import { describe, expect, test } from 'vitest';
import { ComplaintLog } from '../../../src/core/rsync/complaint-log.js';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import { parseComplaint } from '../../../src/core/rsync/complaints.js';
import { judgeRsync, type RsyncOutcome } from '../../../src/core/rsync/outcome.js';
import { NO_STATISTICS } from '../../../src/core/rsync/statistics.js';

const PLACES = { sourcePath: '/srv/data', mirror: '/b/h/data' };

describe('complaints', () => {
  test.each([
    ['rsync: [sender] send_files failed to open "/srv/data/x": Permission denied (13)', 'unreadable', 'x'],
    ['rsync: send_files failed to open "/srv/data/x": Permission denied (13)', 'unreadable', 'x'],
    ['rsync: [sender] opendir "/srv/data/d" failed: Permission denied (13)', 'unreadable', 'd'],
    ['rsync: opendir "/srv/data/d" failed: Permission denied (13)', 'unreadable', 'd'],
    ['rsync: [sender] read errors mapping "/srv/data/x": Input/output error (5)', 'unreadable', 'x'],
    ['rsync: read errors mapping "/srv/data/x" [sender]: Input/output error (5)', 'unreadable', 'x'],
    ['rsync: [sender] readlink_stat("/srv/data/l") failed: Permission denied (13)', 'unreadable', 'l'],
    ['rsync: [sender] get_acl: sys_acl_get_file(/srv/data/x, ACL_TYPE_ACCESS): Bad address (14)', 'unreadable', 'x'],
    [
      'rsync: [sender] send_files failed to open "/srv/data/q"c\\#012r": Permission denied (13)',
      'unreadable',
      'q"c\nr',
    ],
    ['rsync: [sender] link_stat "/srv/data/x" failed: No such file or directory (2)', 'vanished', 'x'],
    ['file has vanished: "/srv/data/x"', 'vanished', 'x'],
    ['directory has vanished: "/srv/data/d"', 'vanished', 'd'],
    ['file has vanished: "/srv/data/a: b"', 'vanished', 'a: b'],
    ['ERROR: log failed verification -- update discarded.', 'changed', 'log'],
    ['ERROR: a b failed verification -- update put into partial-dir.', 'changed', 'a b'],
    ['skipping non-regular file "dev/null"', 'unsupported', 'dev/null'],
    ['rsync: [generator] failed to set times on "/b/h/data/x": Operation not permitted (1)', 'unsupported', 'x'],
    ['rsync: [receiver] chown "/b/h/data/.x.Ab12Cd" failed: Operation not permitted (1)', 'unsupported', '.x.Ab12Cd'],
    ['rsync: [generator] mknod "/b/h/data/dev" failed: Operation not permitted (1)', 'unsupported', 'dev'],
    [
      'rsync: [generator] set_acl: sys_acl_set_file(x, ACL_TYPE_ACCESS): Operation not supported (95)',
      'unsupported',
      'x',
    ],
    [
      'rsync: [receiver] rsync_xal_set: lsetxattr("/b/h/data/x","user.a") failed: Operation not supported (95)',
      'unsupported',
      'x',
    ],
    ['rsync: [generator] recv_generator: mkdir "/b/h/data/d" failed: File name too long (36)', 'unsupported', 'd'],
  ])('%s', (line, flaw, path) => {
    expect(parseComplaint(line, PLACES)).toMatchObject({ kind: 'flaw', flaw, path });
  });

  test.each([
    ['rsync: [sender] change_dir "/srv/data" failed: No such file or directory (2)', 'missing'],
    ['rsync: change_dir "/srv/data" failed: No such file or directory (2)', 'missing'],
    ['rsync: [sender] link_stat "/srv/data/." failed: No such file or directory (2)', 'missing'],
    ['rsync: [sender] change_dir "/srv/data" failed: Not a directory (20)', 'not-directory'],
    ['rsync: [sender] change_dir "/srv/data" failed: Permission denied (13)', 'unreadable'],
    ['rsync: [sender] opendir "/srv/data/." failed: Permission denied (13)', 'unreadable'],
    ['rsync: [sender] opendir "/srv/data" failed: Input/output error (5)', 'unreadable'],
  ])('%s is about the source itself', (line, problem) => {
    expect(parseComplaint(line, PLACES)).toMatchObject({ kind: 'source', problem });
  });

  test.each([
    ['rsync: [receiver] write failed on "/b/h/data/x": No space left on device (28)', 'full'],
    ['rsync: [receiver] mkstemp "/b/h/data/.x.Ab12Cd" failed: Disk quota exceeded (122)', 'full'],
    ['rsync: mkstemp "/b/h/data/.x.Ab12Cd" failed: No space left on device (28)', 'full'],
    ['rsync: [receiver] mkstemp "/b/h/data/.x.Ab12Cd" failed: Read-only file system (30)', 'denied'],
    ['rsync: [generator] failed to set permissions on "/b/h/data/.": Read-only file system (30)', 'denied'],
    ['rsync: [generator] recv_generator: mkdir "/b/h/data/d" failed: Permission denied (13)', 'denied'],
    ['rsync: [generator] symlink "/b/h/data/l" -> "a" failed: Permission denied (13)', 'denied'],
    ['rsync: [generator] delete_file: unlink(keep) failed: Permission denied (13)', 'denied'],
    ['rsync: [receiver] write failed on "/b/h/data/x": Input/output error (5)', 'broken'],
  ])('%s is about the destination', (line, problem) => {
    expect(parseComplaint(line, PLACES)).toMatchObject({ kind: 'destination', problem });
  });

  test.each([
    'rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1956) [generator=3.5.0]',
    'rsync warning: some files vanished before they could be transferred (code 24) at main.c(1817) [generator=3.2.3]',
    '*** Skipping any contents from this failed directory ***',
    'IO error encountered -- skipping file deletion',
    'WARNING: log failed verification -- update discarded (will try again).',
    'rsync: [Receiver] write error: Broken pipe (32)',
    'Deletions stopped due to --max-delete limit (4 skipped)',
  ])('%s is a remark', (line) => {
    expect(parseComplaint(line, PLACES)).toEqual({ kind: 'remark' });
  });

  test('a log of them keeps the first hundred and counts all', () => {
    const log = new ComplaintLog(PLACES);
    for (let at = 0; at < 250; at += 1) log.add(`file has vanished: "/srv/data/${at}"`);
    const { flaws, lastLines } = log.complaints();
    expect(flaws.count).toBe(250);
    expect(flaws.first.map(({ path }) => path)).toEqual(Array.from({ length: 100 }, (_, at) => String(at)));
    expect(lastLines).toHaveLength(50);
  });

  test('a log of them counts the kinds of errors, those of files and those of places', () => {
    const log = new ComplaintLog(PLACES);
    for (const line of [
      'rsync: [sender] send_files failed to open "/srv/data/x": Permission denied (13)',
      'rsync: [sender] opendir "/srv/data/d" failed: Permission denied (13)',
      'rsync: [receiver] chown "/b/h/data/.x.Ab12Cd" failed: Operation not permitted (1)',
      'file has vanished: "/srv/data/y"',
      'rsync: [sender] link_stat "/srv/data/z" failed: No such file or directory (2)',
      'rsync: [sender] read errors mapping "/srv/data/x": Input/output error (5)',
      'rsync: [receiver] write failed on "/b/h/data/x": No space left on device (28)',
      'ERROR: log failed verification -- update discarded.',
      'WARNING: log failed verification -- update discarded (will try again).',
      'rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1956) [generator=3.5.0]',
    ])
      log.add(line);
    expect(log.complaints().errorCounts).toEqual({
      ...NO_ERRORS,
      permission: 3,
      vanished: 2,
      disk_full: 1,
      partial: 2,
    });
  });

  test.each([
    ['rsync: [sender] send_files failed to open "/srv/data/x": Permission denied (13)', 'permission'],
    ['rsync: [sender] opendir "/srv/data/d" failed: Permission denied (13)', 'permission'],
    ['rsync: [generator] failed to set times on "/b/h/data/x": Operation not permitted (1)', 'permission'],
    ['rsync: [generator] recv_generator: mkdir "/b/h/data/d" failed: Read-only file system (30)', 'permission'],
    ['rsync: [sender] change_dir "/srv/data" failed: Permission denied (13)', 'permission'],
    ['file has vanished: "/srv/data/x"', 'vanished'],
    ['directory has vanished: "/srv/data/d"', 'vanished'],
    ['rsync: [sender] link_stat "/srv/data/x" failed: No such file or directory (2)', 'vanished'],
    ['rsync: [sender] link_stat "/srv/data/x" failed: Stale file handle (116)', 'vanished'],
    ['rsync: [sender] change_dir "/srv/data" failed: No such file or directory (2)', 'vanished'],
    // On our own side nothing vanishes.
    ['rsync: [receiver] mkstemp "/b/h/data/.x.Ab12Cd" failed: No such file or directory (2)', 'partial'],
    ['rsync: [sender] read errors mapping "/srv/data/x": Input/output error (5)', 'partial'],
    ['rsync: [sender] readlink_stat("/srv/data/l") failed: Transport endpoint is not connected (107)', 'connection'],
    ['rsync: [sender] read errors mapping "/srv/data/x": Connection timed out (110)', 'timeout'],
    ['ERROR: log failed verification -- update discarded.', 'partial'],
    ['skipping non-regular file "dev/null"', 'partial'],
    ['rsync: [generator] set_acl: sys_acl_set_file(x, ACL_TYPE_ACCESS): Operation not supported (95)', 'partial'],
    ['rsync: [receiver] write failed on "/b/h/data/x": No space left on device (28)', 'disk_full'],
    ['rsync: [receiver] mkstemp "/b/h/data/.x.Ab12Cd" failed: Disk quota exceeded (122)', 'disk_full'],
    ['rsync: [receiver] write failed on "/b/h/data/x": Input/output error (5)', 'other'],
    ['rsync: [sender] change_dir "/srv/data" failed: Not a directory (20)', 'other'],
  ])('%s is of type %s', (line, type) => {
    expect(parseComplaint(line, PLACES)).toMatchObject({ error: type });
  });

  test('names reach people as one line of text', () => {
    const log = new ComplaintLog(PLACES);
    log.add('rsync: [sender] send_files failed to open "/srv/data/a\\#012\\#033[31m\\#377": Permission denied (13)');
    expect(log.complaints().flaws.first[0]).toEqual({
      path: 'a\\n\\033[31m\\377',
      flaw: 'unreadable',
      message: 'rsync: [sender] send_files failed to open "/srv/data/a\\n\\033[31m\\377": Permission denied (13)',
    });
  });
});

function judge(exitCode: number | null, lines: readonly string[] = [], statistics = true): RsyncOutcome {
  const log = new ComplaintLog(PLACES);
  for (const line of lines) log.add(line);
  return judgeRsync({
    host: 'h',
    exitCode,
    signal: exitCode === null ? 'SIGKILL' : null,
    complaints: log.complaints(),
    statistics: statistics ? NO_STATISTICS : undefined,
  });
}

const CLOSED = 'rsync: connection unexpectedly closed (0 bytes received so far) [Receiver]';
const CUT = 'rsync: connection unexpectedly closed (123456 bytes received so far) [receiver]';
const UNEXPLAINED = 'rsync error: unexplained error (code 255) at io.c(285) [Receiver=3.5.0]';

describe('the end of an rsync', () => {
  test('code 0 with statistics is done', () => {
    expect(judge(0)).toEqual({
      kind: 'done',
      exitCode: 0,
      statistics: NO_STATISTICS,
      flaws: { count: 0, first: [] },
      errorCounts: NO_ERRORS,
    });
  });

  test.each([0, 23, 24])('code %i without statistics is a failure', (code) => {
    expect(judge(code, [], false)).toMatchObject({ kind: 'failed', type: 'RsyncFailed', touchedNothing: false });
  });

  test('a partial transfer is done with its flaws, and with one when nothing says which', () => {
    const denied = 'rsync: [sender] send_files failed to open "/srv/data/x": Permission denied (13)';
    expect(judge(23, [denied])).toMatchObject({ kind: 'done', flaws: { count: 1, first: [{ path: 'x' }] } });
    expect(judge(23, ['something new'])).toMatchObject({
      kind: 'done',
      flaws: { count: 1, first: [{ path: '', message: 'rsync ended with code 23: something new' }] },
    });
  });

  test.each([
    [23, 'rsync: [sender] change_dir "/srv/data" failed: No such file or directory (2)', 'SourceMissing', true],
    [23, 'rsync: [sender] change_dir "/srv/data" failed: Not a directory (20)', 'SourceNotDirectory', true],
    [23, 'rsync: [sender] change_dir "/srv/data" failed: Permission denied (13)', 'SourceUnreadable', true],
    [11, 'rsync: [receiver] write failed on "/b/h/data/x": No space left on device (28)', 'DestinationFull', false],
    [
      23,
      'rsync: [generator] recv_generator: mkdir "/b/h/data/d" failed: Read-only file system (30)',
      'DestinationDenied',
      false,
    ],
    [23, 'rsync: [receiver] write failed on "/b/h/data/x": Input/output error (5)', 'RsyncFailed', false],
    [11, 'rsync: [receiver] something odd', 'RsyncInterrupted', false],
    [12, CUT, 'RsyncInterrupted', false],
    [30, 'rsync error: timeout in data send/receive (code 30) at io.c(200)', 'RsyncInterrupted', false],
    [25, 'Deletions stopped due to --max-delete limit (4 skipped)', 'SourceHeld', false],
    [2, 'protocol version mismatch -- is your shell clean?', 'HostShellPrintsText', true],
    [127, CLOSED, 'ToolMissing', true],
    [126, CLOSED, 'ToolMissing', true],
    [1, 'rsync: --wobble: unknown option', 'RsyncFailed', true],
    [99, '', 'RsyncFailed', false],
    [255, CUT, 'RsyncInterrupted', false],
  ] as const)('code %i with "%s" is %s', (code, line, type, touchedNothing) => {
    expect(judge(code, [line])).toMatchObject({ kind: 'failed', type, touchedNothing });
  });

  test.each([
    ['root@h: Permission denied (publickey).', 'HostAuthFailed'],
    ['ssh: connect to host h port 22: Connection refused', 'HostUnreachable'],
    ['Host key verification failed.', 'HostKeyUnknown'],
    ['Host key for [127.0.0.1]:39019 has changed and you have requested strict checking.', 'HostKeyChanged'],
  ] as const)('code 255 after "%s" is %s', (said, type) => {
    expect(judge(255, [said, CLOSED, UNEXPLAINED])).toMatchObject({ kind: 'failed', type, touchedNothing: true });
  });

  test.each([
    ['bash: line 1: /nowhere/rsync: No such file or directory', 12],
    ['sh: 1: rsync: not found', 255],
    ['bash: /etc/passwd: Permission denied', 12],
    ['zsh:1: command not found: rsync', 12],
    ['fish: Unknown command: rsync', 12],
  ])('"%s" with code %i is a missing rsync, whichever end noticed first', (said, code) => {
    expect(judge(code, [said, CLOSED])).toMatchObject({ kind: 'failed', type: 'ToolMissing', touchedNothing: true });
  });

  test('a signal is an interruption', () => {
    expect(judge(null)).toMatchObject({ kind: 'failed', type: 'RsyncInterrupted' });
  });

  test.each([
    [23, ['something new'], { partial: 1 }],
    [24, ['something new'], { vanished: 1 }],
    [23, ['something new: Permission denied (13)'], { permission: 1 }],
    [23, ['file has vanished: "/srv/data/x"', 'something new'], { vanished: 1 }],
    [0, ['something new'], {}],
  ])('code %i after %j counts %j', (code, lines, counts) => {
    expect(judge(code, lines)).toMatchObject({ kind: 'done', errorCounts: { ...NO_ERRORS, ...counts } });
  });

  const DENIED = 'rsync: [sender] send_files failed to open "/srv/data/x": Permission denied (13)';
  const FULL = 'rsync: [receiver] write failed on "/b/h/data/x": No space left on device (28)';
  const IN_IO = 'rsync error: error in file IO (code 11) at receiver.c(403) [receiver=3.5.0]';

  test.each([
    [
      'the place that was full comes first, then closing words, then entries',
      11,
      [DENIED, FULL, IN_IO],
      [FULL, IN_IO, DENIED],
      { permission: 1 },
    ],
    [
      'what ssh said comes before entries',
      255,
      [DENIED, 'Timeout, server h not responding.', CUT],
      ['Timeout, server h not responding.', CUT, DENIED],
      { permission: 1 },
    ],
    [
      'a place that could not be entered',
      23,
      ['rsync: [sender] change_dir "/srv/data" failed: Permission denied (13)'],
      ['rsync: [sender] change_dir "/srv/data" failed: Permission denied (13)'],
      {},
    ],
    ['no more than five lines', 12, [DENIED, ...'abcdefg'], ['c', 'd', 'e', 'f', 'g'], { permission: 1 }],
    [
      'the manual is not evidence',
      1,
      ['rsync: --wobble: unknown option', '(see the rsync manpage for a description)'],
      ['rsync: --wobble: unknown option'],
      {},
    ],
  ])('evidence of a failure: %s', (_, code, said, lines, counts) => {
    expect(judge(code, said)).toMatchObject({
      kind: 'failed',
      evidence: { lines, rsyncExitCode: code, errorCounts: { ...NO_ERRORS, ...counts } },
    });
  });

  test('of one that a signal ended no exit code is known', () => {
    const outcome = judge(null);
    expect(outcome.kind === 'failed' && outcome.evidence).toEqual({ lines: [], errorCounts: NO_ERRORS });
  });

  test('the message holds the code, its meaning and rsync’s last words', () => {
    expect(judge(12, ['first', CUT])).toMatchObject({
      message: `rsync ended with code 12: the connection broke or the rsync on the host died: first | ${CUT}`,
    });
  });
});
