import { byteStringOf, textOf, utf8Of } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import { compileRules } from '../../core/filters/filters.js';
import { readFreezeOutput, type FreezeTold, type LeftOut } from '../../core/freeze/freeze.js';
import { freezeScript, releaseScript } from '../../core/freeze/script.js';
import type { FreezePlan } from '../../core/plan.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { filterRules } from '../archive/archive-filter.js';
import { sourceFailure } from '../archive/source-status.js';
import type { FreezeSourceInput, FrozenSource, ThawedSource, ThawSourceInput } from '../contract.js';
import { freezeNames } from './freeze-names.js';

/** A host's table of mounts may be long. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const LISTED = 20;

export async function freezeSource(
  providers: Providers,
  control: ActivityControl,
  input: FreezeSourceInput,
): Promise<FrozenSource> {
  const { source } = input;
  const plan = planOf(input);
  const body = freezeScript(plan, source.path, freezeNames(input));
  const told = await runFreezeScript(providers, control, input, `freeze ${source.path}`, body);
  const readPath = told.readPath === undefined ? undefined : utf8Of(told.readPath);
  if (told.refusal !== undefined) throw failed(input, told.refusal);
  if (readPath === undefined) throw failed(input, `its real path is not UTF-8: ${textOf(told.readPath ?? '')}`);
  if (told.frozenAtMs === undefined) throw failed(input, 'the host’s date is not GNU date');
  const left = await notExcluded(input, told.leftOut);
  const none = { count: 0, first: [] };
  return {
    readPath,
    frozenAtMs: told.frozenAtMs,
    // A file system is frozen alone: what is mounted below it is read all the same.
    notIncluded: plan.kind === 'fsfreeze' ? none : listed(left),
    notFrozen: plan.kind === 'fsfreeze' ? listed(left) : none,
  };
}

export async function thawSource(
  providers: Providers,
  control: ActivityControl,
  input: ThawSourceInput,
): Promise<ThawedSource> {
  const { source } = input;
  const body = releaseScript(planOf(input), source.path, freezeNames(input));
  const { refusal, troubles } = await runFreezeScript(providers, control, input, `thaw ${source.path}`, body);
  if (refusal === undefined) return { troubles };
  // What cannot be frozen cannot be looked at either: then nothing was.
  if (!input.frozen) return { troubles: [] };
  throw new HoldfastError('ThawFailed', `${source.path} could not be released: ${refusal}`, placeOf(input));
}

function planOf(input: FreezeSourceInput): FreezePlan {
  if (input.source.freeze !== undefined) return input.source.freeze;
  throw new HoldfastError('InternalError', 'there is no freeze for this source', placeOf(input));
}

async function runFreezeScript(
  providers: Providers,
  control: ActivityControl,
  input: FreezeSourceInput,
  what: string,
  body: string,
): Promise<FreezeTold> {
  const { source } = input;
  const running = providers.runnerFor(input.host).start({
    what,
    body,
    stdout: 'pipe',
    signal: control.signal,
    timeoutMs: source.timeoutMs,
  });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of (running.stdout ?? []) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_OUTPUT_BYTES) throw failed(input, `the host printed more than ${MAX_OUTPUT_BYTES} bytes`);
    chunks.push(chunk);
  }
  const result = await running.finished;
  const cannotEnter = sourceFailure(result, source.path, placeOf(input));
  if (cannotEnter) throw cannotEnter;
  const told = readFreezeOutput(byteStringOf(Buffer.concat(chunks)));
  if (result.status === 0 || told.refusal !== undefined) return told;
  const said = textOf(result.stderrLines.findLast((line) => line !== '') ?? '');
  return { ...told, refusal: `the script to ${what} ended with status ${result.status}: ${said}` };
}

async function notExcluded(input: FreezeSourceInput, leftOut: readonly LeftOut[]): Promise<LeftOut[]> {
  // To find and rsync a nested subvolume is another file system too.
  if (leftOut.length === 0 || input.source.filters?.oneFileSystem === true) return [];
  const filter = compileRules(await filterRules(input.source, placeOf(input)));
  return leftOut.filter(({ path }) => !filter.excludes(path, true));
}

const listed = (left: readonly LeftOut[]): FrozenSource['notIncluded'] => ({
  count: left.length,
  first: left.slice(0, LISTED).map(({ path, what }) => `${textOf(path)} (${what})`),
});

const failed = (input: FreezeSourceInput, reason: string): HoldfastError =>
  new HoldfastError('FreezeFailed', `${input.source.path} could not be frozen: ${reason}`, placeOf(input));

const placeOf = ({ host, source }: FreezeSourceInput) => ({ host: host.name, source: source.name });
