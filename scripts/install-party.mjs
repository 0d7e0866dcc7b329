#!/usr/bin/env node
// Copies what one party's entry needs, and nothing else, into an empty folder: its workspace packages as they are built,
// and the external packages that these reach. What container images are made of.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { closureOf } from './module-graph.mjs';
import { root } from './packages.mjs';

const ENTRIES = ['owner', 'worker', 'operator', 'all-in-one'];
const { positionals, values } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean' } } });
const [entry, target] = positionals;
if (values.help || !ENTRIES.includes(entry) || target === undefined) {
  console.error(
    `Usage: node scripts/install-party.mjs <${ENTRIES.join('|')}> <empty folder>\n\nBuild first. Examples:\n  node scripts/install-party.mjs worker /app\n  node /app/main.js worker`,
  );
  process.exit(values.help ? 0 : 2);
}
const folder = resolve(target);
if (existsSync(folder) && readdirSync(folder).length > 0) {
  console.error(`install-party: ${folder} is not empty`);
  process.exit(2);
}

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Folder of a package as `from` would load it: nearest `node_modules` first. */
function folderOf(name, from) {
  for (let place = from; ; place = dirname(place)) {
    const found = join(place, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
    if (place === root || place === dirname(place)) return undefined;
  }
}

/** Copies an external package and, in turn, what it depends on, to the same place below node_modules. */
const copied = new Set();
function copyExternal(name, from, isOptional) {
  const source = folderOf(name, from);
  if (source === undefined) {
    if (isOptional) return;
    throw new Error(`${name}, needed by ${relative(root, from)}, is not installed: run npm ci`);
  }
  if (copied.has(source)) return;
  copied.add(source);
  const place = join(folder, relative(root, source));
  mkdirSync(dirname(place), { recursive: true });
  // A package's own nested packages are copied when something needs them.
  cpSync(source, place, {
    recursive: true,
    filter: (path) => !relative(source, path).split('/').includes('node_modules'),
  });
  const manifest = read(join(source, 'package.json'));
  for (const dependency of Object.keys(manifest.dependencies ?? {})) copyExternal(dependency, source, false);
  const optional = { ...manifest.optionalDependencies, ...manifest.peerDependencies };
  for (const dependency of Object.keys(optional)) copyExternal(dependency, source, true);
}

const packages = closureOf(root, `@ciphernet/${entry}`);
const names = new Set(packages.map(({ name }) => name));
for (const { name, path, dependencies } of packages) {
  const source = join(root, path);
  if (!existsSync(join(source, 'dist'))) throw new Error(`${name} is not built: run npm run build`);
  const place = join(folder, path);
  mkdirSync(place, { recursive: true });
  for (const part of ['dist', 'static']) {
    if (existsSync(join(source, part))) {
      cpSync(join(source, part), join(place, part), {
        recursive: true,
        filter: (file) => !/\.(d\.ts|tsbuildinfo)$/.test(file),
      });
    }
  }
  const manifest = read(join(source, 'package.json'));
  delete manifest.scripts;
  delete manifest.devDependencies;
  writeFileSync(join(place, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const link = join(folder, 'node_modules', name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), place), link);
  for (const dependency of dependencies) {
    if (names.has(dependency)) continue;
    copyExternal(dependency, source, dependency in (manifest.optionalDependencies ?? {}));
  }
}
writeFileSync(
  join(folder, 'package.json'),
  `${JSON.stringify({ name: `ciphernet-${entry}`, private: true, type: 'module' }, null, 2)}\n`,
);
writeFileSync(join(folder, 'main.js'), `import './apps/${entry}/dist/main.js';\n`);
console.log(`${entry}: ${packages.length} packages of ours, ${copied.size} others, in ${folder}`);
