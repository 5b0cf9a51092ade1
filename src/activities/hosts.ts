export { probeHost } from './hosts/probe-host.js';
export { runScript } from './hosts/run-script.js';
export { runHook } from './hosts/run-hook.js';
