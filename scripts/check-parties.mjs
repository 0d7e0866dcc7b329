// Proves the trust boundary from what the sources load: no package that compute or the operator runs reaches a client
// package (keys, decryption, labels), through any chain of imports. Part of lint.
import { findViolations } from './module-graph.mjs';
import { readPackages, root } from './packages.mjs';

const problems = findViolations(root);
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`parties: ${readPackages(root).length} packages, compute and operator reach no client package`);
