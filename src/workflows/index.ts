/** Everything a Worker runs: the exported names are the Workflow Types. */
export { fleetBackup } from './fleet-backup.js';
export { hostBackup } from './host-backup.js';
export { archiveShards } from './archive-shards.js';
export { restore } from './restore.js';
export { listBackups } from './list-backups.js';
export { checkHosts } from './check-hosts.js';
