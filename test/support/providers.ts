import type { Providers } from '../../src/activities/activity-control.js';

/** Providers of which the test uses these; whoever reaches for another one fails it. */
export function providersWith(used: Partial<Providers>): Providers {
  return new Proxy(used as Providers, {
    get: (target, name) => {
      if (name in target || typeof name === 'symbol' || name === 'then') return Reflect.get(target, name) as unknown;
      throw new Error(`the provider ${name} is not to be used here`);
    },
  });
}
