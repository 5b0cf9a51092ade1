import pico from 'picocolors';

/**
 * Colours where a person looks at a terminal, plain text in pipes and files. `NO_COLOR` and `FORCE_COLOR` decide as
 * no-color.org and force-color.org say. picocolors' own default also colours whatever is written under `CI`, which
 * scripts that read a table there would trip over.
 */
const environment = process.env;
const onTerminal = process.stdout.isTTY === true && environment['TERM'] !== 'dumb';
export const colours = pico.createColors(
  !environment['NO_COLOR'] && (Boolean(environment['FORCE_COLOR']) || onTerminal),
);
