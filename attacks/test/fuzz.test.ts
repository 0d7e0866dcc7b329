import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const FUZZ = fileURLToPath(new URL('../fuzz.mjs', import.meta.url));

describe('mutated inputs', () => {
  it('break no parser at a boundary: 40,000 of them here, ten million by npm run fuzz', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [FUZZ, '--inputs', '40000']);
    expect(stdout).toMatch(/40000 inputs, seed 1, none broke a parser/);
    // Each parser accepted its share: mutations are not all refused at the door.
    const accepted = [...stdout.matchAll(/(\d+) accepted/g)].map(([, count]) => Number(count));
    expect(accepted.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(500);
  });
});
