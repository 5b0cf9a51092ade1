import type { LastProof } from '../../core/verify/proof.js';

/** `web1:etc: last proven restore 2026-11-21 (20261121T042200Z-1, 100 files, compared with the source)` */
export function proofLine({ host, source, at, backupId, proof, files, complete }: LastProof): string {
  const what = complete ? `all ${files.toLocaleString('en')} files` : `${files.toLocaleString('en')} files`;
  const how = proof === 'source' ? 'compared with the source' : 'compared with the index';
  return `${host}:${source}: last proven restore ${at.slice(0, 16).replace('T', ' ')} UTC (${backupId}, ${what}, ${how})`;
}
