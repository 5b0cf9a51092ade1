import type { NativeConnection } from '@temporalio/worker';
import { HoldfastError } from '../core/failures.js';
import { SEARCH_ATTRIBUTES } from '../core/search-attributes.js';

/** `IndexedValueType` of Temporal's API. */
const TYPE = { KEYWORD: 2, INT: 3 } as const;

/** Sees to it that the server knows our search attributes: a Workflow that uses an unknown one does not start. */
export async function registerSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const missing = await missingAttributes(connection, namespace);
  if (missing.length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, TYPE[SEARCH_ATTRIBUTES[name]]])),
    });
  } catch (error) {
    // Another worker may have been quicker.
    const still = await missingAttributes(connection, namespace);
    if (still.length === 0) return;
    const reason = error instanceof Error ? error.message : String(error);
    const commands = still.map(
      (name) => `--name ${name} --type ${SEARCH_ATTRIBUTES[name] === 'INT' ? 'Int' : 'Keyword'}`,
    );
    throw new HoldfastError(
      'TemporalUnreachable',
      `The server does not let this worker register search attributes (${reason}); have an operator run: temporal operator search-attribute create --namespace ${namespace} ${commands.join(' ')}`,
      {},
      { cause: error },
    );
  }
}

type Name = keyof typeof SEARCH_ATTRIBUTES;

async function missingAttributes(connection: NativeConnection, namespace: string): Promise<Name[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return (Object.keys(SEARCH_ATTRIBUTES) as Name[]).filter((name) => !Object.hasOwn(customAttributes, name));
}
