/** `HOST[:SOURCE]`: the first colon ends the host's name, which holds none. */
export function sourceOfArgument(argument: string): { readonly host: string; readonly source?: string } {
  const colon = argument.indexOf(':');
  if (colon === -1) return { host: argument };
  return { host: argument.slice(0, colon), source: argument.slice(colon + 1) };
}
