// Puts a submission together: the folder that a fork of the benchmark's repository holds, and the two scripts that it calls.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../scripts/packages.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Networks that there are trained weights for. */
export const NETWORKS = ['mlp', 'cnn'];
/** Keys that inputs are encrypted with. */
export const KEYS = ['symmetric', 'public'];

/**
 * @param {string} repository root of the fork
 * @param {string} folder of the submission in it, like `submissions/mlp`; replaced
 * @param {{ network: string, key: string }} variant
 */
export function assemble(repository, folder, { network, key }) {
  const target = join(repository, folder);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  cpSync(join(here, 'submission'), target, { recursive: true });
  cpSync(join(here, 'scripts'), join(repository, 'scripts'), { recursive: true });
  writeFileSync(join(target, 'settings'), `network=${network}\nkey=${key}\n`);
  writeFileSync(join(target, 'ciphernet'), `${root}\n`);
}
