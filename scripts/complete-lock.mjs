// Adds to package-lock.json the optional packages of other platforms that the registry at hand does not have: npm leaves them out when it
// writes the lock, and `npm ci` then refuses it. Run it after every change of dependencies: node scripts/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';
const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'sunos', 'win32', 'openharmony'];
const CPU = ['arm64', 'arm', 'ia32', 'x64', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32'];
let added = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (path === '') continue;
    const nested = `${path}/node_modules/${name}`,
      top = `node_modules/${name}`;
    if (lock.packages[nested] || lock.packages[top]) continue;
    const words = name.split(/[/-]/);
    const os = OS.filter((o) => words.includes(o)),
      cpu = CPU.filter((c) => words.includes(c));
    if (os.length + cpu.length === 0) {
      console.error('not a platform package?', path, name, version);
      continue;
    }
    const musl = words.includes('musl') || words.includes('musleabihf'),
      gnu = words.includes('gnu') || words.includes('gnueabihf');
    lock.packages[top] = {
      version,
      ...(cpu.length ? { cpu } : {}),
      ...(entry.dev ? { dev: true } : {}),
      ...(musl ? { libc: ['musl'] } : gnu ? { libc: ['glibc'] } : {}),
      optional: true,
      ...(os.length ? { os } : {}),
    };
    added += 1;
    console.error('added', top, version, os, cpu);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
