import tseslint from 'typescript-eslint';

/** Layers, from the ground up; each entry says what its folder must not import, and why. See docs/architecture.md. */
const layer = (folder, bans) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      { patterns: bans.map(({ group, message, allowTypeImports = false }) => ({ group, message, allowTypeImports })) },
    ],
  },
});

const LAYERS = ['core', 'config', 'providers', 'activities', 'workflows', 'workers', 'client', 'demo'];
const above = (folder) => LAYERS.slice(LAYERS.indexOf(folder) + 1).map((name) => `**/${name}/**`);

const io = ['node:*', 'fs', 'path', 'crypto', 'child_process', 'os', 'stream', 'execa', 'ssh2', '@aws-sdk/*', 'pino'];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '**/*.mjs', '**/*.js'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A promise-returning contract is often met by code that happens not to wait.
      '@typescript-eslint/require-await': 'off',
    },
  },
  layer('core', [
    { group: above('core'), message: 'core is pure: it imports nothing of the other layers.' },
    {
      group: [...io, 'zod', 'yaml', '@temporalio/*', 'commander', 'listr2'],
      message: 'core is pure: no I/O, no zod, no Temporal.',
    },
  ]),
  layer('config', [
    {
      group: [...above('config'), '@temporalio/*'],
      message: 'config reads YAML into plans: it knows core, zod and yaml only.',
    },
  ]),
  layer('providers', [
    {
      group: [
        '**/config/**',
        '**/activities/**',
        '**/workflows/**',
        '**/workers/**',
        '**/client/**',
        '@temporalio/*',
        'zod',
        'yaml',
      ],
      message: 'a provider does I/O behind its interface: it knows core only.',
    },
  ]),
  layer('activities', [
    {
      group: ['**/workflows/**', '**/workers/**', '**/client/**'],
      message: 'activities stand below workflows, workers and client.',
    },
    {
      group: ['**/providers/**'],
      allowTypeImports: true,
      message:
        'activities know provider interfaces only; concrete ones arrive through Providers (built in src/workers).',
    },
  ]),
  layer('workflows', [
    {
      group: ['**/activities/**'],
      allowTypeImports: true,
      message: 'workflows see the types of activities/contract.ts only: an implementation would break the sandbox.',
    },
    {
      group: [
        ...io,
        'zod',
        'yaml',
        '**/providers/**',
        '**/config/**',
        '**/workers/**',
        '**/client/**',
        '@temporalio/worker',
        '@temporalio/client',
        '@temporalio/activity',
      ],
      message: 'workflows are deterministic: core, Temporal, and types from activities/contract.ts, nothing else.',
    },
  ]),
  layer('client', [
    {
      group: ['**/activities/**', '**/providers/**'],
      allowTypeImports: true,
      message: 'the client starts, queries and signals workflows; it does no run’s work itself.',
    },
  ]),
);
