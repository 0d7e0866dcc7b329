// Proves the trust boundary from the import graph: no package that compute or the operator runs reaches a client
// package (keys, decryption, labels), through any chain of dependencies. Lint checks that imports are declared.
import { MAY_IMPORT, readPackages } from './packages.mjs';

const packages = new Map(readPackages().map((entry) => [entry.name, entry]));
const problems = [];

function reach(name, path) {
  const entry = packages.get(name);
  if (entry === undefined) return;
  const first = packages.get(path[0]);
  if (path.length > 1 && !MAY_IMPORT[first.party].includes(entry.party)) {
    problems.push(`${path.join(' → ')}: ${first.party} may not reach ${entry.party}`);
    return;
  }
  if (path.length > 1 && entry.isApp && !first.isApp) problems.push(`${path.join(' → ')}: a library imports an app`);
  for (const dependency of entry.dependencies) {
    if (path.includes(dependency)) problems.push(`${[...path, dependency].join(' → ')}: circular`);
    else reach(dependency, [...path, dependency]);
  }
}

for (const entry of packages.values()) {
  if (!(entry.party in MAY_IMPORT)) problems.push(`${entry.path}: no party tag`);
  else reach(entry.name, [entry.name]);
}
if (problems.length > 0) {
  console.error([...new Set(problems)].join('\n'));
  process.exit(1);
}
console.log(`parties: ${packages.size} packages, compute and operator reach no client package`);
