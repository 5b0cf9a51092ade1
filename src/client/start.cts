import fs = require('node:fs');
import nodeModule = require('node:module');
import path = require('node:path');
import url = require('node:url');
import vm = require('node:vm');

/**
 * Starts the command line from `bundle.cjs`, one file made by the build, with what V8 made of it (`bundle.cache`): reading and compiling some
 * 800 files took longer than most commands. The cache is of one version of Node; to another it is as good as none.
 */
interface Bundle {
  readonly script: vm.Script;
  readonly exports: typeof import('./main.js');
}

/** `filename`: what stack traces call it, where it does not lie in its own place yet. */
function loadBundle(directory: string, filename = path.join(directory, 'bundle.cjs')): Bundle {
  // The build writes ASCII.
  const text = fs.readFileSync(path.join(directory, 'bundle.cjs'), 'latin1');
  const script = new vm.Script(`(function (exports, require, module, __filename, importFrom) {${text}\n})`, {
    filename,
    ...cacheBeside(directory),
  });
  const loaded = { exports: {} };
  // V8 knows no import() in code that comes from a cache.
  const importFrom = (name: string): Promise<unknown> =>
    import(name.startsWith('.') ? url.pathToFileURL(path.join(directory, name)).href : name);
  const run = script.runInThisContext() as (...words: readonly unknown[]) => void;
  run(loaded.exports, nodeModule.createRequire(filename), loaded, filename, importFrom);
  return { script, exports: loaded.exports as Bundle['exports'] };
}

function cacheBeside(directory: string): { cachedData?: Buffer } {
  try {
    return { cachedData: fs.readFileSync(path.join(directory, 'bundle.cache')) };
  } catch {
    return {}; // The build makes it with this function.
  }
}

export = { loadBundle };

if (require.main === module) {
  void loadBundle(__dirname)
    .exports.main(process.argv)
    // Nothing is left to do; sockets that close in their own time would keep the command for some 20 ms.
    .then(() => process.exit());
}
