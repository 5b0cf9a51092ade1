import select from '@inquirer/select';
import type { RestorePoint } from '../../activities/contract.js';
import type { ListBackupsWorkflowInput, ListBackupsWorkflowResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import type { TemporalConnection } from '../connection.js';
import { answerOf } from '../runs/answer-of.js';

/** Asks which backup; undefined when there is none. Throws the failure when they cannot be listed. */
export async function choosePoint(
  connection: TemporalConnection,
  { configPath, host, source }: { readonly configPath: string; readonly host: string; readonly source: string },
): Promise<RestorePoint | undefined> {
  const selection = { hosts: [host], sources: [source], tags: [] };
  const input: ListBackupsWorkflowInput = { configPath, selection, limit: 200 };
  const question = { type: WORKFLOW.listBackups, idPrefix: 'backups', input };
  const { backups, failures } = await answerOf<ListBackupsWorkflowResult>(connection, question);
  const [failure] = failures;
  if (backups.length === 0 && failure !== undefined) {
    const { HoldfastError } = await import('../../core/failures.js');
    throw new HoldfastError(failure.type, failure.message, failure);
  }
  if (backups.length === 0) return undefined;
  const choices = backups.map(({ id, status, startedAt }) => ({
    name: `${id}  ${startedAt.slice(0, 16).replace('T', ' ')}  ${status}`,
    value: id,
  }));
  return { backupId: await select({ message: 'Which backup?', choices, pageSize: 15 }) };
}
