import { setHandler } from '@temporalio/workflow';
import { Lanes } from '../fan-out.js';
import { hostWaitsSignal } from '../messages.js';

/** The hosts of a run that are at work. One that only waits (for a host that is away) needs no lane: others go on. */
export class HostsAtWork {
  readonly lanes: Lanes;
  readonly #hosts = new Set<string>();
  readonly #waiting = new Set<string>();
  #most: number;

  constructor(most: number) {
    this.lanes = new Lanes(most);
    this.#most = this.lanes.most;
    setHandler(hostWaitsSignal, ({ host, waiting }) => {
      if (waiting && this.#hosts.has(host)) this.#waiting.add(host);
      else this.#waiting.delete(host);
      this.#openLanes();
    });
  }

  set most(most: number) {
    this.#most = Math.max(1, most);
    this.#openLanes();
  }

  add(host: string): void {
    this.#hosts.add(host);
  }

  ended(host: string): void {
    this.#hosts.delete(host);
    this.#waiting.delete(host);
    this.#openLanes();
  }

  readonly has = (host: string): boolean => this.#hosts.has(host);
  readonly hasRoom = (): boolean => this.#hosts.size - this.#waiting.size < this.#most;

  get size(): number {
    return this.#hosts.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** A lane is kept by its host to the end: those that wait have further ones opened. */
  #openLanes(): void {
    const most = this.#most + this.#waiting.size;
    if (this.lanes.most !== most) this.lanes.most = most;
  }
}
