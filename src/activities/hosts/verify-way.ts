import { failed, type HostCheck, notChecked, notReached, passed, sayable, warned } from '../../core/hosts/checks.js';
import type { HostPlan } from '../../core/plan.js';
import type { SshRoute } from '../../core/ssh/route.js';
import type { Greeting, Network } from '../../providers/network/network.js';

/** Name, ping, port and the server's first words; through a jump host none of them can be seen from here. */
export async function verifyWay(
  network: Network,
  host: HostPlan,
  route: SshRoute,
  signal: AbortSignal,
): Promise<HostCheck[]> {
  const { user, hostname, port, through } = route;
  const settings = passed('configuration', `ssh takes the settings: ${user}@${hostname}, port ${port}`);
  if (through !== undefined) {
    return [settings, ...notReached(['name', 'ping', 'port', 'SSH'], `the way leads through ${through}`)];
  }
  const addresses = await resolved(network, route, signal);
  if ('check' in addresses) {
    return [settings, addresses, ...notReached(['ping', 'port', 'SSH'], 'its name has no address')];
  }
  const name = passed(
    'name',
    addresses.includes(hostname) ? `${hostname} is an address` : `${hostname} is ${addresses.join(', ')}`,
  );
  const [ping, greeting] = await Promise.all([
    pingCheck(network, host, addresses[0] ?? hostname, signal),
    network.greet(addresses, port, host.ssh.connectTimeoutSeconds * 1000, signal),
  ]);
  signal.throwIfAborted();
  return [settings, name, ping(greeting.kind === 'connected'), ...greetingChecks(greeting, port)];
}

async function resolved(
  network: Network,
  { hostname, addressFamily }: SshRoute,
  signal: AbortSignal,
): Promise<HostCheck | readonly string[]> {
  const family = addressFamily === 'inet' || addressFamily === 'inet6' ? addressFamily : 'any';
  try {
    const addresses = await network.resolve(hostname, family, signal);
    if (addresses.length > 0) return addresses;
    return unresolved(hostname, 'no address');
  } catch (error) {
    signal.throwIfAborted();
    return unresolved(hostname, error instanceof Error ? error.message : String(error));
  }
}

const unresolved = (hostname: string, said: string): HostCheck =>
  failed(
    'name',
    'HostUnreachable',
    `${hostname} could not be resolved: ${said}`,
    'Correct hostname, or the worker’s DNS or /etc/hosts.',
  );

/** What silence means depends on whether the port answers. */
async function pingCheck(
  network: Network,
  { ignorePing }: HostPlan,
  address: string,
  signal: AbortSignal,
): Promise<(portAnswers: boolean) => HostCheck> {
  if (ignorePing) return () => notChecked('ping', 'ignore_ping is set');
  const answer = await network.ping(address, signal);
  switch (answer.kind) {
    case 'answered': {
      const time = answer.milliseconds === undefined ? '' : ` after ${answer.milliseconds} ms`;
      return () => passed('ping', `${address} answered${time}`);
    }
    case 'unable':
      return () => notChecked('ping', answer.why);
    case 'silent':
      return (portAnswers) =>
        warned(
          'ping',
          `${address} did not answer`,
          portAnswers
            ? 'Set ignore_ping: true if the host or a firewall drops pings on purpose; backups do without.'
            : 'Check that the host is up.',
        );
  }
}

function greetingChecks(greeting: Greeting, port: number): HostCheck[] {
  if (greeting.kind === 'refused') {
    const seen = `port ${port}: ${greeting.reasons.map(sayable).join('; ')}`;
    return [failed('port', 'HostUnreachable', seen), ...notReached(['SSH'], 'the port did not answer')];
  }
  const { address, milliseconds, line, instead = '' } = greeting;
  const port_ = passed('port', `${address} took the connection to port ${port} after ${milliseconds} ms`);
  if (line?.startsWith('SSH-2.0-') === true || line?.startsWith('SSH-1.99-') === true)
    return [port_, passed('SSH', line)];
  const said = line ?? instead;
  return [
    port_,
    failed(
      'SSH',
      'HostUnreachable',
      `port ${port} does not speak SSH: ${said.slice(0, 200)}`,
      'Check ssh_port. An sshd that takes no more logins for now (MaxStartups) looks like this too.',
    ),
  ];
}
