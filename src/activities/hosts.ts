export { probeHost } from './hosts/probe-host.js';
export { runScript } from './hosts/run-script.js';
