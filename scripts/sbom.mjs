#!/usr/bin/env node
// A software bill of materials of what is installed from package-lock.json: CycloneDX 1.6, one component a package, with its
// hash. The same lock gives the same bytes. The project's own packages are components without one: their source is here.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './packages.mjs';

const { values } = parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help) {
  console.log(
    'Usage: npm run sbom -- [--out <file>]\n\n  CycloneDX JSON of every package in the lock; to standard output without --out.\n\nExamples:\n  npm run --silent sbom > sbom.json\n  npm run sbom -- --out sbom.json',
  );
  process.exit(0);
}

const { packages, version } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

/** The name of a package by its path in node_modules, or by its own entry where it is one of the workspace. */
const nameOf = (path, entry) => entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Package URL (purl-spec): the scope's @ is escaped. */
const purl = (name, release) => `pkg:npm/${name.replace('@', '%40')}@${release}`;

const hexOf = (integrity) => Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');

function componentOf([path, entry]) {
  const name = nameOf(path, entry);
  const own = !path.includes('node_modules/');
  return {
    type: 'library',
    'bom-ref': path,
    name,
    version: entry.version,
    ...(own ? {} : { purl: purl(name, entry.version) }),
    ...(entry.license === undefined ? {} : { licenses: [{ expression: entry.license }] }),
    ...(entry.integrity === undefined ? {} : { hashes: [{ alg: 'SHA-512', content: hexOf(entry.integrity) }] }),
    scope: entry.dev === true ? 'excluded' : entry.optional === true ? 'optional' : 'required',
  };
}

const components = Object.entries(packages)
  .filter(([path, entry]) => path !== '' && entry.link !== true)
  .map(componentOf)
  .sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
const bom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: { type: 'application', name: 'ciphernet', version: version ?? packages[''].version } },
  components,
};
const text = `${JSON.stringify(bom, null, 2)}\n`;
if (values.out === undefined) process.stdout.write(text);
else {
  writeFileSync(`${values.out}.partial`, text);
  renameSync(`${values.out}.partial`, values.out);
  console.log(`${components.length} components, ${values.out}`);
}
