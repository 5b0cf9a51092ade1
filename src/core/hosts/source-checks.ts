import { failed, type HostCheck, notChecked, passed, warned } from './checks.js';
import type { SourcePlan } from '../plan.js';
import type { CommandAnswer, SourceFindings } from './verification-findings.js';

/** One source's directory, as the login user (or rsync by sudo) can read it now. */
export function sourceCheck(source: SourcePlan, found: SourceFindings | undefined): HostCheck[] | undefined {
  if (source.dump !== undefined)
    return [notChecked('path', 'a dump: only a backup shows whether it can be made', source.name)];
  if (found?.isWhole !== true) return undefined;
  return [found.listed === undefined ? readCheck(source, found) : listedCheck(source, found, found.listed)];
}

function readCheck(source: SourcePlan, found: SourceFindings): HostCheck {
  const { path, name, preScript } = source;
  switch (found.state) {
    case 'missing':
      if (preScript === undefined) return failed('path', 'SourceMissing', `${path} does not exist`, undefined, name);
      return warned('path', `${path} does not exist`, 'It is right if the pre_script makes it or mounts it.', name);
    case 'not-directory':
      return failed('path', 'SourceNotDirectory', `${path} is not a directory`, undefined, name);
    case 'unreadable':
      return failed('path', 'SourceUnreadable', `the login user may not read ${path}`, undefined, name);
    case 'directory':
      return directoryCheck(source, found);
  }
}

function directoryCheck({ path, name }: SourcePlan, found: SourceFindings): HostCheck {
  const { unreadable, mountPoint, isEmpty, unmounted } = found;
  const [first] = unmounted;
  if (first !== undefined) {
    const seen = `${path} lies on ${first}, which /etc/fstab names and where nothing is mounted`;
    return warned('path', seen, `Mount ${first} on the host: what is read now is what lies below it.`, name);
  }
  if (unreadable !== undefined && unreadable > 0) {
    const seen = `${path}: the login user may not read ${unreadable} of the entries directly in it`;
    const action = 'Log in as a user who may, or exclude them; each would be a flaw of every backup.';
    return warned('path', seen, action, name);
  }
  const where = mountPoint === undefined ? '' : `, on ${mountPoint}`;
  if (isEmpty) return warned('path', `${path} is empty${where}`, 'Check that its file system is mounted.', name);
  const counted = unreadable === undefined ? '; entries not looked at, without GNU find' : '';
  return passed('path', `${path} is readable${where}${counted}`, name);
}

/** rsync reads it as another user: what the login user may is no matter. 23: some entries could not be read. */
function listedCheck(source: SourcePlan, found: SourceFindings, { status, said }: CommandAnswer): HostCheck {
  const { path, name } = source;
  if (found.state === 'not-directory') return readCheck(source, found);
  if (found.unmounted.length > 0 && status === 0) return directoryCheck(source, found);
  if (status === 0) return passed('path', `${path} is readable by sudo`, name);
  if (found.state === 'missing') return readCheck(source, found);
  return failed('path', 'SourceUnreadable', `rsync by sudo cannot read ${path}: ${said}`, undefined, name);
}
