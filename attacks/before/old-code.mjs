// The code before anything was done against these attacks, as its authors would have run it: a checkout of its own, its own lock
// file, its own build, its own Node.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** The last commit on which all of this succeeded. */
export const COMMIT = '514e123';

const run = promisify(execFile);

/** A precondition that the person who runs this can mend. */
export class Precondition extends Error {}

/**
 * What a command of the old code's gets to see: nothing of this checkout, whose `node_modules/.bin` and npm settings would
 * otherwise come first, and no Nx that was started for it.
 */
export function bareEnvironment(folder) {
  const own = `${join(folder, 'node_modules', '.bin')}:`;
  const outside = (process.env.PATH ?? '').split(':').filter((path) => !path.includes('node_modules'));
  // npm and the Node that runs it lie together where they were not found elsewhere.
  return {
    PATH: `${own}${outside.join(':')}:${dirname(process.execPath)}`,
    HOME: homedir(),
    NX_DAEMON: 'false',
    CI: 'true',
  };
}

async function step(command, args, folder) {
  const child = spawn(command, args, {
    cwd: folder,
    env: bareEnvironment(folder),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said = (said + chunk).slice(-4000)));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Precondition(`${command} ${args.join(' ')} failed on ${COMMIT}:\n${said}`);
}

/** Half a build must not be taken for a whole one: the stamp is written last. */
const STAMP = '.before-built';

/**
 * Makes the old checkout, or takes the one that was made before.
 *
 * @param root of this repository
 * @param progress is told what is being done
 */
export async function oldCode(root, progress) {
  const folder = join(root, '.data', 'before', COMMIT);
  if (!existsSync(join(folder, STAMP))) {
    try {
      await run('git', ['cat-file', '-e', `${COMMIT}^{commit}`], { cwd: root });
    } catch {
      throw new Precondition(`commit ${COMMIT} is not in this clone: git fetch --unshallow`);
    }
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    progress(`${COMMIT}: checkout`);
    const archive = join(folder, '..', `${COMMIT}.tar`);
    await run('git', ['archive', '--output', archive, COMMIT], { cwd: root });
    await run('tar', ['-xf', archive, '-C', folder]);
    await rm(archive);
    progress(`${COMMIT}: npm ci (a minute or two)`);
    await step('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], folder);
    progress(`${COMMIT}: build (a minute or two)`);
    await step('nx', ['run-many', '-t', 'build', '--output-style=static'], folder);
    await writeFile(join(folder, STAMP), '');
  }
  const load = (path) => import(pathToFileURL(path).href);
  return {
    folder,
    /** Node 22, which the old lock file brings. */
    node: join(folder, 'node_modules', 'node', 'bin', 'node'),
    main: join(folder, 'apps', 'ciphernet', 'dist', 'main.js'),
    /** A package of the old workspace: an attacker has the published code too. */
    library: (name) => load(join(folder, 'libs', name, 'dist', 'index.js')),
    dependency: (name) => load(createRequire(join(folder, 'package.json')).resolve(name)),
  };
}
