// Every package from a registry is pinned by its hash in the lock: what is installed is what was reviewed. Part of lint.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './packages.mjs';

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const entries = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && link !== true);
const bare = entries.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''));
if (bare.length > 0) {
  console.error(`packages without a SHA-512 in package-lock.json:\n${bare.map(([path]) => `  ${path}`).join('\n')}`);
  process.exit(1);
}
console.log(`lock: ${entries.length} packages, each with its SHA-512`);
