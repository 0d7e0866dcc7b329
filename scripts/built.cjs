'use strict';
// Whether the build is that of the sources as they lie there: asking nx takes two seconds, at each start. Plain CommonJS without
// dependencies, like bootstrap.cjs.
const { createHash } = require('node:crypto');
const { existsSync, lstatSync, readFileSync, readdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

/** What a build is made from, and folders in it that are made, or that only tests read. */
const SOURCES = [
  'apps',
  'attacks',
  'libs',
  'scripts',
  'nx.json',
  'package.json',
  'package-lock.json',
  'tsconfig.base.json',
];
const NOT_SOURCES = new Set(['dist', 'node_modules', 'test']);

/** Names, sizes and times of all sources: a source that another version of it replaces has another time. */
function* sources(root, path) {
  // Editors leave links to nowhere beside what is open, and files that are gone a moment later.
  const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) return yield `${path} ${stat.size} ${stat.mtimeMs}`;
  for (const name of readdirSync(join(root, path)).sort()) {
    if (!NOT_SOURCES.has(name) && !name.endsWith('.tsbuildinfo')) yield* sources(root, `${path}/${name}`);
  }
}

function digestOf(root) {
  const hash = createHash('sha256').update(process.version);
  for (const path of SOURCES) for (const line of sources(root, path)) hash.update(`${line}\n`);
  return hash.digest('hex');
}

/** Whether every package has what its build ends with. What was cleaned by hand beyond that: delete the stamp. */
function isEveryDistThere(root) {
  const isBuilt = (dist) => ['index.js', 'main.js'].some((entry) => existsSync(join(dist, entry)));
  return ['apps', 'libs'].every((group) =>
    readdirSync(join(root, group)).every(
      (name) => !existsSync(join(root, group, name, 'package.json')) || isBuilt(join(root, group, name, 'dist')),
    ),
  );
}

const stampOf = (root) => join(root, 'node_modules', '.ciphernet-build');

exports.digestOf = digestOf;

exports.isBuilt = (root, digest) =>
  existsSync(stampOf(root)) && readFileSync(stampOf(root), 'utf8') === digest && isEveryDistThere(root);

/** @param digest from before the build: what was edited meanwhile is built the next time */
exports.markBuilt = (root, digest) => writeFileSync(stampOf(root), digest);
