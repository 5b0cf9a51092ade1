/** Which runs can be compared by how long they took: those that made a backup. Full archives take longer by their nature and are left out. */

export const INCREMENTAL = `"status_numeric" > 0 AND ("engine" = 'mirror' OR "level" > 0)`;

/** @param of `{host="web1"}`, or nothing */
export const durationsOf = (of = ''): string =>
  `holdfast_last_duration_seconds${of} and holdfast_last_status${of} > 0 unless holdfast_last_level${of} == 0`;
