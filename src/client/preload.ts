import { Client, Connection } from '@temporalio/client';
import { parseConfig } from '../config/load.js';
import './reports/backup-report.js';
import './connection.js';
import './runs/follow-run.js';
import './reports/restore-report.js';
import './runs/say-started.js';

/** Runs once in the build what commands have in common, so that its compiled code lies in their cache. Reaches no server. */
export async function preload(): Promise<void> {
  parseConfig(EXAMPLE, 'example.yaml');
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  const client = new Client({ connection });
  client.workflow.getHandle('none');
  await connection.close();
}

const EXAMPLE = `
config: {backup_base: /backup}
destinations: {bucket: {type: s3, bucket: name}}
hosts:
  web:
    hostname: web.example.com
    paths: [{path: /etc}, {path: /home, engine: archive, destination: bucket}]
schedules: {nightly: {cron: "0 2 * * *"}}
`;
