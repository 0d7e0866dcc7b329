'use strict';
// Runs the bundle beside it: NAME.cjs runs NAME.bundle.js, with the code that V8 made of it in an earlier run, NAME.code, where that is there
// and of this V8. Node's compile cache holds what was compiled before a module ran; most of what a short process compiles are functions
// that are called for the first time. A run with BUNDLE_KEEPS_CODE=1 leaves the file, with what earlier ones kept. Copied by bundle.mjs.
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const name = __filename.slice(0, -'.cjs'.length);
const codePath = `${name}.code`;

function readCode() {
  try {
    return readFileSync(codePath);
  } catch {
    return undefined;
  }
}

const script = new Script(readFileSync(`${name}.bundle.js`, 'latin1'), {
  filename: `${name}.bundle.js`,
  cachedData: readCode(),
});

if (process.env.BUNDLE_KEEPS_CODE === '1') {
  const { parentPort, threadId } = require('node:worker_threads');
  // Threads and other processes may do the same.
  const partial = `${codePath}.${process.pid}.${threadId}.partial`;
  const keepCode = () => {
    writeFileSync(partial, script.createCachedData());
    renameSync(partial, codePath);
  };
  process.on('exit', keepCode);
  if (parentPort !== null) {
    // A thread is ended where it stands; what it has done is in its answers.
    const post = parentPort.postMessage.bind(parentPort);
    parentPort.postMessage = (...message) => {
      keepCode();
      post(...message);
    };
  }
}

// What is not in the bundle is loaded from here.
script.runInThisContext()(require, (specifier) => import(specifier));
