import { hostname, userInfo } from 'node:os';

/** Who gives an order, for the record: `user@machine`. It proves nothing: whoever may reach Temporal may say any name. */
export function whoOrders(): string {
  return `${userName()}@${hostname()}`.replace(/[^\x21-\x7e]/g, '?').slice(0, 200);
}

/** A user id without an entry has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`.replace(' ', '-');
  }
}
