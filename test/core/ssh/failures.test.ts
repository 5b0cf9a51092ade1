import { describe, expect, test } from 'vitest';
import { FAILURES } from '../../../src/core/failures.js';
import { explainSshFailure } from '../../../src/core/ssh/failures.js';

const explain = (text: string, exitCode: number | null = 255) =>
  explainSshFailure({ host: 'server1', exitCode, stderrLines: text.split('\n') });

const CHANGED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Host key for [127.0.0.1]:2201 has changed and you have requested strict checking.
Host key verification failed.`;

const OPEN_KEY = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Permissions 0644 for '/k/id' are too open.
It is required that your private key files are NOT accessible by others.
This private key will be ignored.
Load key "/k/id": bad permissions
root@127.0.0.1: Permission denied (publickey).`;

describe('what ssh says before a session begins', () => {
  test.each([
    ['HostUnreachable', 'ssh: connect to host server1 port 22: Connection refused'],
    ['HostUnreachable', 'ssh: connect to host 10.9.9.9 port 22: Connection timed out'],
    ['HostUnreachable', 'ssh: connect to host server1 port 22: No route to host'],
    ['HostUnreachable', 'ssh: connect to host server1 port 22: Network is unreachable'],
    ['HostUnreachable', 'Connection timed out during banner exchange\nConnection to 10.0.0.1 port 22 timed out'],
    ['HostUnreachable', 'ssh: Could not resolve hostname server1: Name or service not known'],
    ['HostUnreachable', 'ssh: Could not resolve hostname server1: Temporary failure in name resolution'],
    [
      'HostUnreachable',
      'kex_exchange_identification: Connection closed by remote host\nConnection closed by 127.0.0.1 port 22',
    ],
    ['HostUnreachable', 'kex_exchange_identification: read: Connection reset by peer'],
    ['HostUnreachable', 'ssh_exchange_identification: Connection closed by remote host'],
    ['HostUnreachable', 'Connection closed by UNKNOWN port 65535'],
    ['HostUnreachable', 'Connection reset by 10.0.0.1 port 22'],
    ['HostUnreachable', 'Timeout, server server1 not responding.'],
    ['HostAuthFailed', 'root@127.0.0.1: Permission denied (publickey,password).'],
    [
      'HostAuthFailed',
      'Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\nDisconnected from 10.0.0.1 port 22',
    ],
    ['HostAuthFailed', OPEN_KEY],
    ['HostAuthFailed', 'Load key "/k/id": error in libcrypto\nroot@server1: Permission denied (publickey).'],
    [
      'HostAuthFailed',
      'Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-dss',
    ],
    [
      'HostKeyUnknown',
      'No ED25519 host key is known for [127.0.0.1]:2201 and you have requested strict checking.\nHost key verification failed.',
    ],
    ['HostKeyUnknown', 'Host key verification failed.'],
    ['HostKeyChanged', CHANGED],
    ['HostKeyChanged', 'Host key ED25519 SHA256:abc revoked by file /etc/ssh/revoked'],
    [
      'ConfigInvalid',
      '/run/x.conf: line 9: Bad configuration option: nosuch\n/run/x.conf: terminating, 1 bad configuration options',
    ],
    ['ConfigInvalid', 'Bad owner or permissions on /home/backup/.ssh/config'],
  ])('is %s: %s', (type, text) => {
    expect(explain(text).type).toBe(type);
  });

  test('the message names the host and carries the telling line with its values', () => {
    expect(explain(CHANGED).message).toMatch(/^server1: .*Host key for \[127\.0\.0\.1\]:2201 has changed/);
    expect(explain(OPEN_KEY).message).toContain("Permissions 0644 for '/k/id' are too open");
    expect(explain('ssh: connect to host server1 port 22: Connection refused').message).toContain('port 22');
  });

  test('a server that drops logins because there are too many is tried again', () => {
    const { type } = explain('kex_exchange_identification: Connection closed by remote host');
    expect(FAILURES[type].retryable).toBe(true);
  });

  test('words that are not known still make a failure that carries them', () => {
    expect(explain('something new')).toEqual({
      type: 'HostUnreachable',
      message: 'server1: ssh failed: something new',
    });
    expect(explain('').message).toBe('server1: ssh failed and gave no reason');
    expect(explain('', null).type).toBe('HostUnreachable');
  });

  test('a status of the login shell is not taken for a failure of the connection', () => {
    const { type, message } = explain('This account is currently not available.', 1);
    expect(type).toBe('RemoteCommandFailed');
    expect(message).toContain('status 1): This account is currently not available.');
  });
});
