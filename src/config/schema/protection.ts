import { z } from 'zod';
import { isRecipient } from '../../core/archive/recipients.js';
import { absolutePath, mapping } from './words.js';

/** What was written is never shown: somebody may have put the private key here. */
const recipient = z.string().refine((text) => isRecipient(text.trim()), {
  error: () => 'this is no recipient of age; write a public key: age1…, ssh-ed25519 … or ssh-rsa …',
});

const encryption = mapping({
  recipients: z
    .array(recipient)
    .min(1, { error: () => 'the list is empty; write at least one recipient' })
    .meta({
      title: 'Recipients',
      description:
        'Public keys that everything is encrypted to: age’s own, SSH keys, and post-quantum ones (`age1pq1…`) where the worker’s age knows them.',
      examples: [['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p']],
    })
    .optional(),
  recipients_file: absolutePath('an absolute path on the worker')
    .meta({
      title: 'File with recipients',
      description: 'A file on the worker with one recipient a line; they come on top.',
      examples: ['/etc/holdfast/recipients.txt'],
    })
    .optional(),
})
  .refine((value) => value.recipients !== undefined || value.recipients_file !== undefined, {
    error: () => 'it names nobody who could read the backups; write recipients or recipients_file',
  })
  .meta({ title: 'Encryption', description: 'To whom the objects are encrypted.' });

const verifyKey = z
  .string()
  .refine(
    (text) =>
      /^\/[^\u0000-\u001f]*$/.test(text) ||
      (Buffer.from(text, 'base64').toString('base64') === text && Buffer.from(text, 'base64').length === 32),
    {
      error: () =>
        'this is no key for checking signatures; write what `holdfast keys show` prints, or the absolute path of its signing.pub',
    },
  );

/** What every kind of destination can have. */
export const protectionShape = {
  encryption: encryption
    .meta({
      title: 'Encryption',
      description:
        'Archives are encrypted with age before they leave the worker, which needs public keys only; see [encryption.md](encryption.md). Default: no encryption.',
      examples: [{ recipients: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'] }],
    })
    .optional(),
  verify_keys: z
    .array(verifyKey)
    .min(1, { error: () => 'the list is empty; leave it out, or write a key' })
    .meta({
      title: 'Keys of signatures',
      description:
        'Public keys of the workers whose manifests are believed, besides this worker’s own: what `holdfast keys show` prints, or paths of PEM files on the worker.',
      examples: [['0vCK1RXcVNKNDFhdkrNDFMv1CtBz9hRtYk6YqTYXxxk=']],
    })
    .optional(),
};
