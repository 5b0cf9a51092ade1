import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES } from '../core/search-attributes.js';
import type { Status } from '../core/statuses.js';

const HOST = defineSearchAttributeKey('HoldfastHost', SEARCH_ATTRIBUTES.HoldfastHost);
const SOURCE = defineSearchAttributeKey('HoldfastSource', SEARCH_ATTRIBUTES.HoldfastSource);
const STATUS = defineSearchAttributeKey('HoldfastStatus', SEARCH_ATTRIBUTES.HoldfastStatus);

export function markSubject(subject: { readonly host: string; readonly source?: string }): void {
  upsertSearchAttributes([
    { key: HOST, value: subject.host },
    ...(subject.source === undefined ? [] : [{ key: SOURCE, value: subject.source }]),
  ]);
}

export const markStatus = (status: Status): void => upsertSearchAttributes([{ key: STATUS, value: status }]);
