import type { Command } from 'commander';
import type { ReadAccess } from '../activities/contract.js';
import { identityOf, type IdentityOptions } from './identity-option.js';

export { identityOptions, type IdentityOptions } from './identity-option.js';

/** What the options say of access to encrypted backups. */
export function accessOfOptions(command: Command, options: IdentityOptions): ReadAccess {
  const identity = identityOf(command, options);
  return identity === undefined ? {} : { identity };
}
