#!/usr/bin/env node
// Runs every attack against real processes and lists which of them held. Needs redis-server.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './packages.mjs';

const { values } = parseArgs({ options: { json: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help) {
  console.log(
    'Usage: npm run attacks -- [--json <file>]\n\n  Attacks on queue, store and files with real processes; exits with 1 when one does not hold.\n\nExamples:\n  npm run attacks\n  npm run attacks -- --json attacks.json',
  );
  process.exit(0);
}
const run = spawnSync(process.execPath, [join(root, 'scripts', 'jest.mjs'), '--slow', '--long'], {
  cwd: join(root, 'attacks'),
  stdio: ['ignore', 'ignore', 'inherit'],
});
const outcome = JSON.parse(readFileSync(join(root, '.data', 'test-results', 'attacks', 'test-slow.json'), 'utf8'));
const attacks = outcome.testResults.flatMap((suite) =>
  suite.assertionResults.map(({ fullName, status }) => ({ name: fullName, held: status === 'passed', status })),
);
for (const { name, status } of attacks) console.log(`${status === 'passed' ? 'held  ' : status}  ${name}`);
if (values.json !== undefined) {
  writeFileSync(
    values.json,
    `${JSON.stringify({ attacks: attacks.map(({ name, held }) => ({ name, held })) }, null, 2)}\n`,
  );
}
const broken = attacks.filter(({ held }) => !held).length;
console.log(`${attacks.length} attacks, ${broken} did not hold`);
process.exit(run.status === 0 && broken === 0 && attacks.length > 0 ? 0 : 1);
