'use strict';
// Runs before anything is installed, on whatever Node the machine has (20 or later): plain CommonJS, no imports beyond
// Node's. Installs the dependencies and builds, each only when its inputs changed. Node 24 comes as a package of the platform,
// pinned by its hash like all others; where there is none (Apple's own processors), the machine's Node has to be 22 or later.
const { execFileSync, spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { digestOf, isBuilt, markBuilt } = require('./built.cjs');

const root = join(__dirname, '..');
const stamp = join(root, 'node_modules', '.ciphernet-install');
const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`ciphernet: Node ${process.versions.node} is too old; install Node 20 or later (https://nodejs.org)`);
  process.exit(2);
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
if (installed !== lock) {
  console.error('installing dependencies (once, about a minute)…');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) {
    console.error('ciphernet: npm ci failed; the npm registry must be reachable and the folder writable');
    process.exit(1);
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stamp, lock);
}

const bundled = ['linux-x64', 'linux-arm64', 'darwin-x64', 'win-x64'].some((platform) =>
  existsSync(join(root, 'node_modules', `node-${platform}`, 'bin')),
);
if (!bundled && major < 22) {
  console.error(
    `ciphernet: Node 22 or later is needed, this is ${process.versions.node}, and the registry has no Node for ${process.platform}-${process.arch}; install it (https://nodejs.org)`,
  );
  process.exit(2);
}

const sources = process.argv.includes('--build') ? digestOf(root) : undefined;
if (sources !== undefined && !isBuilt(root, sources)) {
  const env = { ...process.env, NX_DAEMON: 'false', PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` };
  try {
    execFileSync('nx', ['run-many', '-t', 'build', '--output-style=static'], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    markBuilt(root, sources);
  } catch (error) {
    console.error(String(error.stdout || ''));
    console.error(String(error.stderr || ''));
    console.error('ciphernet: the build failed');
    process.exit(1);
  }
}
