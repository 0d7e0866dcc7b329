#!/usr/bin/env node
// Replays the build stage of docker/worker.Dockerfile in an empty folder, without a Docker engine: the same files, the
// same commands. Then starts what the image would start, and asks it for its help and for a worker without a queue.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { root } from './packages.mjs';

const text = readFileSync(join(root, 'docker', 'worker.Dockerfile'), 'utf8').replace(/\\\n/g, ' ');
const [, stage] = text.split(/^FROM .*$/m);
const ignored = new Set(['node_modules', 'dist', 'test', '.nx', '.data']);
const folder = mkdtempSync(join(tmpdir(), 'ciphernet-image-'));
const env = { ...process.env };
delete env.NODE_ENV;
try {
  for (const line of stage.split('\n').map((l) => l.trim())) {
    const [instruction, ...rest] = line.split(/\s+/);
    if (instruction === 'ENV') {
      for (const pair of rest) env[pair.split('=')[0]] = pair.slice(pair.indexOf('=') + 1);
    } else if (instruction === 'COPY') {
      const target = rest.pop();
      for (const source of rest) {
        const to = target.endsWith('/') ? join(folder, target, basename(source)) : join(folder, target);
        cpSync(join(root, source), to, { recursive: true, filter: (path) => !ignored.has(basename(path)) });
      }
    } else if (instruction === 'RUN') {
      const command = line.slice(4);
      console.error(`replay: ${command.replace(/\s+/g, ' ')}`);
      execFileSync('bash', ['-ec', command], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
    }
  }
  const start = (...args) =>
    spawnSync(process.execPath, ['apps/all-in-one/dist/main.js', ...args], {
      cwd: folder,
      env: { PATH: env.PATH, NODE_ENV: 'production' },
      encoding: 'utf8',
    });
  const help = start('--help');
  if (help.status !== 0 || !help.stdout.includes('worker')) throw new Error(`--help: ${help.stderr}`);
  const worker = start('worker');
  if (worker.status !== 2 || !worker.stderr.includes('REDIS_URL')) throw new Error(`worker: ${worker.stderr}`);
  const list = start('model', 'list');
  if (list.status !== 0) throw new Error(`model list: ${list.stderr}`);
  const size = execFileSync('du', ['-sm', folder], { encoding: 'utf8' }).split('\t')[0];
  console.log(`the image's build stage works: ${size} MB, without development packages`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
