/** The search attributes of Workflows and their Temporal types: `HoldfastStatus = "failed"` finds last night's failures in the Temporal UI. */
export const SEARCH_ATTRIBUTES = {
  HoldfastHost: 'KEYWORD',
  HoldfastSource: 'KEYWORD',
  HoldfastDestination: 'KEYWORD',
  HoldfastStatus: 'KEYWORD',
  HoldfastLevel: 'INT',
} as const;
