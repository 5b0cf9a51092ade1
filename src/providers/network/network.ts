/** What can be seen of a host without logging in. */
export interface Network {
  /** IP addresses in the order in which ssh would try them. Rejects with the resolver's own error. */
  resolve(hostname: string, family: 'any' | 'inet' | 'inet6', signal: AbortSignal): Promise<readonly string[]>;
  ping(address: string, signal: AbortSignal): Promise<PingAnswer>;
  /** Connects to one address after the other, until one takes the connection, and waits for the server's first words. */
  greet(addresses: readonly string[], port: number, timeoutMs: number, signal: AbortSignal): Promise<Greeting>;
}

export type PingAnswer =
  | { readonly kind: 'answered'; readonly milliseconds?: number }
  | { readonly kind: 'silent' }
  /** Nothing was sent, and why: there is no `ping` here, or it may not. */
  | { readonly kind: 'unable'; readonly why: string };

export type Greeting =
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  /** Connected; `line`: its SSH identification (RFC 4253, 4.2), or undefined with what came instead. */
  | {
      readonly kind: 'connected';
      readonly address: string;
      readonly milliseconds: number;
      readonly line?: string;
      readonly instead?: string;
    };
