import input from '@inquirer/input';
import select from '@inquirer/select';
import { textOf, utf8Of } from '../../core/entries/entry.js';
import { literalPattern } from '../../core/filters/literal-pattern.js';
import type { ListedFile } from '../../activities/contract.js';
import type { ListFilesWorkflowInput, ListFilesWorkflowResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import type { TemporalConnection } from '../connection.js';
import { flawText, listedName } from '../file-text.js';
import { bytesText } from '../output.js';
import { readPages } from '../read-pages.js';

/** What is to be restored, and where to. */
export interface MarkedFiles {
  readonly backupId: string;
  readonly include: readonly string[];
  readonly target: string;
}

type From = Omit<ListFilesWorkflowInput, 'path' | 'recursive'>;
type Answer =
  | { readonly do: 'enter' | 'toggle'; readonly path: string }
  | { readonly do: 'restore' }
  | { readonly do: 'leave' };

/** Walks through the directories of a point until something is to be restored; undefined when the person leaves. */
export async function markFiles(connection: TemporalConnection, from: From): Promise<MarkedFiles | undefined> {
  const marked = new Set<string>();
  let directory = '';
  let point = from.point;
  for (;;) {
    const { backupId, files } = await readDirectory(connection, { ...from, point }, directory);
    // All that follows is of this one, also when a newer one is made meanwhile.
    point = { backupId };
    const answer = await ask(`${backupId} /${textOf(directory)}`, directory, files, marked);
    switch (answer.do) {
      case 'enter':
        directory = answer.path;
        break;
      case 'toggle':
        if (!marked.delete(answer.path)) marked.add(answer.path);
        break;
      case 'leave':
        return undefined;
      case 'restore': {
        const include = [...marked].map((path) => literalPattern(utf8Of(path) as string));
        const target = await input({
          message: `Into which directory of this machine? (${marked.size} marked)`,
          required: true,
        });
        return { backupId, include, target };
      }
    }
  }
}

async function readDirectory(
  connection: TemporalConnection,
  from: From,
  path: string,
): Promise<{ readonly backupId: string; readonly files: readonly ListedFile[] }> {
  const workflow = { type: WORKFLOW.listFiles, idPrefix: `files/${from.host}`, summary: `browse ${from.host}` };
  const files: ListedFile[] = [];
  let backupId = '';
  const first: ListFilesWorkflowInput = { ...from, path, recursive: false };
  for await (const page of readPages<ListFilesWorkflowInput, string, ListFilesWorkflowResult>(
    connection,
    workflow,
    first,
  )) {
    backupId = page.backupId;
    files.push(...page.files);
  }
  return { backupId, files };
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

function ask(
  message: string,
  directory: string,
  files: readonly ListedFile[],
  marked: ReadonlySet<string>,
): Promise<Answer> {
  const own = utf8Of(directory) === undefined || directory === '' ? [] : [directoryChoice(directory, marked)];
  const restore: Choice[] =
    marked.size === 0 ? [] : [{ name: `[restore ${marked.size} marked …]`, value: { do: 'restore' } }];
  const up: Choice[] = directory === '' ? [] : [{ name: '../', value: { do: 'enter', path: parentOf(directory) } }];
  const choices = [...up, ...restore, ...own, ...files.map((file) => fileChoice(file, directory, marked))];
  return select<Answer>({
    message,
    choices: [...choices, { name: '[leave]', value: { do: 'leave' } }],
    pageSize: Math.max(7, (process.stdout.rows ?? 24) - 5),
    loop: false,
  });
}

interface Choice {
  readonly name: string;
  readonly value: Answer;
  readonly disabled?: string | false;
}

const directoryChoice = (directory: string, marked: ReadonlySet<string>): Choice => ({
  name: marked.has(directory) ? '[unmark this directory]' : '[mark this directory with all in it]',
  value: { do: 'toggle', path: directory },
});

function fileChoice(file: ListedFile, directory: string, marked: ReadonlySet<string>): Choice {
  const { path, type, sizeBytes } = file;
  const name = listedName({ ...file, path: path.slice(directory === '' ? 0 : directory.length + 1) });
  const sign = marked.has(path) ? '✓ ' : '  ';
  if (type === 'd') return { name: `${sign}${name}`, value: { do: 'enter', path } };
  const flaw = flawText(file);
  const facts = `${type === 'f' ? `  ${bytesText(sizeBytes)}` : ''}${flaw === '' ? '' : `  (${flaw})`}`;
  // A pattern is text; such a name comes with its directory.
  const disabled = utf8Of(path) === undefined ? 'mark its directory: the name is not UTF-8' : false;
  return { name: `${sign}${name}${facts}`, value: { do: 'toggle', path }, disabled };
}
