import type { LoopbackHost } from '../../src/demo/loopback-host.js';

/** How a configuration names the login of a host on loopback. */
export const loginOf = ({ user, port, identityFile, knownHostsFile }: LoopbackHost) => ({
  hostname: '127.0.0.1',
  ssh_user: user,
  ssh_port: port,
  ssh_key: identityFile,
  ssh_options: { UserKnownHostsFile: knownHostsFile },
});
