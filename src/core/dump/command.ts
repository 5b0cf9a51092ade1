/** A program's run on the host. */
export interface DumpCommand {
  /** Names of the program, the preferred one first. */
  readonly programs: readonly string[];
  readonly words: readonly string[];
  /** How the password gets to it: in the program's own environment, or as a small file that only its descriptor 4 has. */
  readonly secret:
    | { readonly as: 'variable'; readonly name: string }
    | { readonly as: 'file'; readonly text: (password: string) => string };
  /** Runs first, in the scratch directory, which the program then finds as its own; its stage is `copy`. */
  readonly before?: readonly string[];
}

/** Where the secret file is to be found by the program that has it open. */
export const SECRET_FILE = '/dev/fd/4';

export const NO_SECRET: DumpCommand['secret'] = { as: 'variable', name: 'HOLDFAST_NO_SECRET' };
