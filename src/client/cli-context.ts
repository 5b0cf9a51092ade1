import type { Command } from 'commander';
import type { Failure } from '../core/failures.js';

/**
 * What every command needs to speak with its user: results go to standard output, everything else to standard error,
 * and with --json standard output carries JSON documents only, one a line.
 */
export interface CliContext {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly configPath?: string;
  /** Progress may be drawn: standard error is a terminal and nothing asked for silence or JSON. */
  readonly interactive: boolean;
  /** A line of the result (not with --json). */
  readonly print: (line: string) => void;
  /** A JSON document of the result (only with --json). */
  readonly printJson: (document: unknown) => void;
  /** A remark for the person: what is going on, what comes next. */
  readonly note: (line: string) => void;
}

export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

export function contextOf(command: Command): CliContext {
  const options = command.optsWithGlobals<GlobalOptions>();
  const json = options.json ?? false;
  const quiet = options.quiet ?? false;
  return {
    json,
    quiet,
    verbose: options.verbose ?? false,
    ...(options.config === undefined ? {} : { configPath: options.config }),
    interactive: process.stderr.isTTY === true && process.env['TERM'] !== 'dumb' && !json && !quiet,
    print: (line) => {
      if (!json) process.stdout.write(`${line}\n`);
    },
    printJson: (document) => {
      if (json) process.stdout.write(`${JSON.stringify(document)}\n`);
    },
    note: (line) => {
      if (!quiet) process.stderr.write(`${line}\n`);
    },
  };
}

/** How a failure reads in the terminal: what happened, where, what to do. */
export function failureLines(failure: Failure): string[] {
  const place = [failure.host, failure.source].filter((part) => part !== undefined).join(':');
  const where = place === '' ? '' : `${place}: `;
  return [`${where}${failure.message}`, `  ${failure.action} (${failure.type})`];
}
