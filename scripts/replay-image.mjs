#!/usr/bin/env node
// Replays the build stage of docker/worker.Dockerfile in an empty folder, without a Docker engine: the same files, the
// same commands, for each party. Then starts what the images would start, and looks for what they must not hold.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { root } from './packages.mjs';

/** What each party's image starts with, and the packages that it must not hold. */
const PARTIES = {
  worker: {
    without: ['keyring', 'owner-records', 'arrangement', 'disclosure'],
    starts: [['worker'], ['model', 'list']],
    says: 'REDIS_URL',
  },
  operator: {
    without: ['keyring', 'owner-records', 'arrangement', 'disclosure', 'engines', 'training'],
    starts: [['dashboard']],
    says: 'REDIS_URL',
  },
  owner: { without: ['engines', 'training'], starts: [['collector'], ['report']], says: 'REDIS_URL' },
};

const text = readFileSync(join(root, 'docker', 'worker.Dockerfile'), 'utf8').replace(/\\\n/g, ' ');
const [, stage] = text.split(/^FROM .*$/m);
const ignored = new Set(['node_modules', 'dist', 'test', '.nx', '.data']);
const folder = mkdtempSync(join(tmpdir(), 'ciphernet-image-'));
const env = { ...process.env };
delete env.NODE_ENV;

function replay(command) {
  console.error(`replay: ${command.replace(/\s+/g, ' ')}`);
  execFileSync('bash', ['-ec', command], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
}

function check(party, { without, starts, says }) {
  const place = join(folder, 'party');
  for (const name of without) {
    if (existsSync(join(place, 'libs', name))) throw new Error(`the ${party}'s image holds ${name}`);
  }
  for (const args of starts) {
    const { status, stderr } = spawnSync(process.execPath, ['main.js', ...args], {
      cwd: place,
      env: { PATH: env.PATH, NODE_ENV: 'production' },
      encoding: 'utf8',
    });
    const isRefused = status === 2 && stderr.includes(says);
    if (status !== 0 && !isRefused) throw new Error(`${party} ${args.join(' ')}: ${stderr}`);
  }
  const size = execFileSync('du', ['-sm', place], { encoding: 'utf8' }).split('\t')[0];
  console.log(`${party}: ${size} MB, starts, and holds none of ${without.join(', ')}`);
}

try {
  const install = [];
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
      const commands = line.slice(4).split('&&');
      install.push(...commands.filter((command) => command.includes('${PARTY}')));
      replay(commands.filter((command) => !command.includes('${PARTY}')).join('&&'));
    }
  }
  for (const [party, wanted] of Object.entries(PARTIES)) {
    rmSync(join(folder, 'party'), { recursive: true, force: true });
    for (const command of install) replay(command.replaceAll('${PARTY}', party));
    check(party, wanted);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
