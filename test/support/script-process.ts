/** A process of its own that runs one script, to be killed: `node --import tsx script-process.ts JSON`. */
import type { HostPlan } from '../../src/core/plan.js';
import { LocalRunner } from '../../src/providers/remote/local-runner.js';
import { SshConfigFiles } from '../../src/providers/remote/ssh-config-file.js';
import { SshConnections } from '../../src/providers/remote/ssh-connections.js';
import { SshRunner } from '../../src/providers/remote/ssh-runner.js';

export interface ScriptProcessInput {
  readonly host?: HostPlan;
  readonly runtimeDirectory: string;
  /** Over a connection for several sessions. */
  readonly shared: boolean;
  readonly body: string;
}

const { host, runtimeDirectory, shared, body } = JSON.parse(process.argv[2] ?? '') as ScriptProcessInput;
const configs = new SshConfigFiles(runtimeDirectory, []);
const connections = shared ? new SshConnections() : undefined;
const runner = host === undefined ? new LocalRunner() : new SshRunner(host, configs, connections);
const running = runner.start({ what: 'try', body, stdout: 'pipe', signal: new AbortController().signal });
running.stdout?.pipe(process.stdout);
await running.finished;
