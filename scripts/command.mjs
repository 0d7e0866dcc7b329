// Runs a command of the built command line on the project's own Node: what the scripts beside this file share.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './packages.mjs';

/** @param {string[]} args command and its arguments, before those that the script was given */
export function runCommand(...args) {
  const bootstrap = spawnSync(process.execPath, [join(root, 'scripts', 'bootstrap.cjs'), '--build'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (bootstrap.status !== 0) process.exit(bootstrap.status ?? 1);
  const own = join(root, 'node_modules', '.bin', 'node');
  const node = existsSync(own) ? own : process.execPath;
  const main = join(root, 'apps', 'all-in-one', 'dist', 'main.js');
  const child = spawn(node, [main, ...args, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal's Ctrl-C reaches the child by itself; what is sent to this process alone is passed on.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('close', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 130;
  });
}
