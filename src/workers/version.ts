import { createRequire } from 'node:module';

const manifest = createRequire(import.meta.url)('../../package.json') as { readonly version: string };

/** Holdfast's version, as manifests and probes record it. */
export const HOLDFAST_VERSION = manifest.version;
