'use strict';
// Runs the bundle beside it: NAME.cjs runs NAME.bundle.js, with the code that V8 made of it in an earlier run, NAME.code, where that is there
// and of this bundle and V8. Node's compile cache holds what was compiled before a module ran; most of what a short process compiles are
// functions that are called for the first time. A run with BUNDLE_KEEPS_CODE=1 leaves the file, with what earlier ones kept. Copied by bundle.mjs.
const { createHash } = require('node:crypto');
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const name = __filename.slice(0, -'.cjs'.length);
const codePath = `${name}.code`;
const DIGEST_BYTES = 32;
const source = readFileSync(`${name}.bundle.js`);

/** Stands before the code: V8 itself looks at no more than the length of a source, and at nothing of the code. */
const digestOf = (code) => createHash('sha256').update(source).update(code).digest();

/** @returns undefined where there is none, or it is of another bundle, or damaged */
function readCode() {
  try {
    const kept = readFileSync(codePath);
    const code = kept.subarray(DIGEST_BYTES);
    return digestOf(code).equals(kept.subarray(0, DIGEST_BYTES)) ? code : undefined;
  } catch {
    return undefined;
  }
}

const script = new Script(source.latin1Slice(), { filename: `${name}.bundle.js`, cachedData: readCode() });

if (process.env.BUNDLE_KEEPS_CODE === '1') {
  const { parentPort, threadId } = require('node:worker_threads');
  // Threads and other processes may do the same.
  const partial = `${codePath}.${process.pid}.${threadId}.partial`;
  const keepCode = () => {
    const code = script.createCachedData();
    writeFileSync(partial, Buffer.concat([digestOf(code), code]));
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
