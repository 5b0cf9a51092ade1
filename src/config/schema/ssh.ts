import { z } from 'zod';
import { sshOptionMistake } from '../ssh-options.js';
import { duration, plainText, word } from './words.js';

/** A user, or the old form USER@HOSTNAME. */
export const SSH_USER_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9_.\\+$-]*(?:@[A-Za-z0-9_][A-Za-z0-9_.:%-]*)?$/;
export const HOSTNAME_PATTERN =
  /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?)$/;
const JUMP_HOST =
  '(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\\[[0-9A-Fa-f:.%]+\\])(?::[0-9]{1,5})?';

/** How the worker logs into a host; given for one host, or under `config` for all. */
export const sshShape = {
  ssh_user: word(SSH_USER_PATTERN, 'a user', 'a name such as backup, or root@server2.local')
    .meta({
      title: 'User',
      description: 'User to log in as. `USER@HOSTNAME` gives the address too. Default: what ssh itself would take.',
      examples: ['backup', 'root@server2.local'],
    })
    .optional(),
  ssh_key: word(
    /^(?:~\/|\/)[^\u0000-\u001f\u007f"\\]+$/,
    'a path of a key',
    'an absolute path, or one that begins with ~/',
  )
    .meta({
      title: 'Private key',
      description: 'Path of the private key on the worker. Default: the keys and agent of the worker’s user.',
      examples: ['/root/.ssh/backup_key', '~/.ssh/id_ed25519'],
    })
    .optional(),
  ssh_port: z
    .int()
    .min(1)
    .max(65_535)
    .meta({
      title: 'Port',
      description: 'Port of the SSH server. Default: 22, or what ~/.ssh/config says.',
      examples: [2222],
    })
    .optional(),
  ssh_options: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .superRefine((options, context) => {
      for (const [option, value] of Object.entries(options)) {
        const message = sshOptionMistake(option, value);
        if (message !== undefined) context.addIssue({ code: 'custom', message, path: [option] });
      }
    })
    .meta({
      title: 'SSH options',
      description:
        'Further options of ssh_config(5). Options that run programs, forward anything or weaken the check of host keys are refused.',
      examples: [{ Compression: 'yes', UserKnownHostsFile: '/etc/holdfast/known_hosts' }],
    })
    .optional(),
  proxy_jump: word(new RegExp(`^${JUMP_HOST}(?:,${JUMP_HOST})*$`), 'a jump host', 'USER@HOST:PORT, several with commas')
    .meta({
      title: 'Jump host',
      description: 'Host to go through, as ssh’s ProxyJump takes it.',
      examples: ['backup@gate.example.com'],
    })
    .optional(),
  connect_timeout: duration({ min: '1s', max: '10m' })
    .meta({
      title: 'Connection timeout',
      description: 'How long a login may take. Default: 15s.',
      examples: ['15s', 30],
    })
    .optional(),
  wait_for_host: duration({ min: '0s', max: '7d' })
    .meta({
      title: 'Wait for the host',
      description:
        'How long a host that does not answer is waited for; other hosts go on meanwhile. Then, or without it, the host is skipped. Default: 0s.',
      examples: ['6h'],
    })
    .optional(),
  max_sessions: z
    .int()
    .min(1)
    .max(64)
    .meta({
      title: 'Sessions of a login',
      description:
        'So many sessions at a time over one login; further ones need another login. Less than the MaxSessions of the host’s sshd. Default: 8.',
      examples: [4],
    })
    .optional(),
  max_logins: z
    .int()
    .min(1)
    .max(64)
    .meta({
      title: 'Logins at a time',
      description: 'So many logins to one host at a time from one worker; what needs more waits. Default: 4.',
      examples: [1],
    })
    .optional(),
  rsync_only: z
    .boolean()
    .meta({
      title: 'rsync alone',
      description:
        'The key of the worker runs rsync on the host and nothing else (`holdfast hosts install-key --rsync-only`): mirrors only, without scripts there, freeze, markers or filters by size and age. Default: false.',
      examples: [true],
    })
    .optional(),
  ignore_ping: z
    .boolean()
    .meta({
      title: 'Ignore ping',
      description: 'The host does not answer to ping; the SSH login alone counts. Default: false.',
      examples: [true],
    })
    .optional(),
} as const;

export const hostname = word(
  HOSTNAME_PATTERN,
  'a host name or address',
  'for instance server1.example.com, 192.0.2.7 or 2001:db8::7 (without brackets)',
).meta({
  title: 'Address',
  description: 'Name or address to connect to. Default: the key of the host, so that ~/.ssh/config may explain it.',
  examples: ['server1.example.com', '2001:db8::7'],
});

export const tag = plainText('a tag', 'a word').max(100);
