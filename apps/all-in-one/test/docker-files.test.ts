import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfiguration } from '@ciphernet/configuration';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
const isTracked = (path: string): boolean => tracked.some((file) => file === path || file.startsWith(`${path}/`));

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Instructions of each stage, with continued lines joined and comments left out. */
function stagesOf(
  path: string,
): { readonly from: string; readonly name: string; readonly instructions: Instruction[] }[] {
  const lines = read(path)
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: ReturnType<typeof stagesOf> = [];
  for (const line of lines) {
    const [, name = '', text = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    if (name === 'FROM') {
      const [, from = '', , stage = ''] = /^(\S+)( AS (\S+))?$/.exec(text) ?? [];
      stages.push({ from, name: stage, instructions: [] });
    } else stages.at(-1)?.instructions.push({ name, text });
  }
  return stages;
}

/** Commands of a party's entry: those of its table, and those that its `main.ts` adds. */
function commandsOf(party: string): string[] {
  return ['commands', 'main'].flatMap((name) =>
    [...read(`apps/${party}/src/${name}.ts`).matchAll(/path: \['([a-z]+)'/g)].map(([, command = '']) => command),
  );
}

const DOCKERFILES = readdirSync(join(ROOT, 'docker')).filter((name) => name.endsWith('.Dockerfile'));
const ENTRIES = ['owner', 'worker', 'operator'];

describe.each(DOCKERFILES)('%s', (file) => {
  const stages = stagesOf(`docker/${file}`);
  const every = (name: string): string[] =>
    stages.flatMap(({ instructions }) => instructions.filter((each) => each.name === name).map(({ text }) => text));

  it('copies from the repository what is in git and not kept back, and from stages that are there', () => {
    const ignored = read('.dockerignore').trim().split('\n');
    const copies = every('COPY');
    expect(copies.length).toBeGreaterThan(5);
    for (const copy of copies) {
      const sources = copy
        .split(/\s+/)
        .filter((part) => !part.startsWith('--'))
        .slice(0, -1);
      const [, stage] = /--from=(\S+)/.exec(copy) ?? [];
      if (stage !== undefined) expect(stages.map(({ name }) => name)).toContain(stage);
      else
        for (const source of sources)
          expect([source, isTracked(source), ignored.includes(source)]).toEqual([source, true, false]);
    }
  });

  it('copies what its scripts are', () => {
    const copied = every('COPY')
      .filter((copy) => !copy.includes('--from='))
      .join(' ')
      .split(/\s+/);
    const scripts = every('RUN').flatMap((run) => [...run.matchAll(/node ((\w+)\/[\w.-]+)/g)]);
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, script = '', folder = ''] of scripts) {
      expect(isTracked(script)).toBe(true);
      expect(copied).toContain(folder);
    }
    // What every project of the build is made from.
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };
    const references = [...read('tsconfig.json').matchAll(/"path": "\.\/(\w[\w-]*)/g)].map(([, folder = '']) => folder);
    for (const folder of references) {
      expect(workspaces.some((workspace) => workspace.split('/')[0] === folder)).toBe(true);
      expect(copied).toContain(folder);
    }
  });

  it('takes from the registry what is installed besides before the party’s packages, which no registry has, are by themselves', () => {
    for (const run of every('RUN')) {
      const steps = run.split('&&').map((step) => step.trim());
      const party = steps.findIndex((step) => step.includes('install-party.mjs'));
      steps.forEach((step, i) => {
        if (step.startsWith('npm install')) expect([step, i < party]).toEqual([step, true]);
      });
    }
  });

  it('ends as a user of its own with an entry that the installation has, and commands that the entry has', () => {
    const last = stages.at(-1)?.instructions ?? [];
    const value = (name: string): string | undefined => last.findLast((each) => each.name === name)?.text;
    expect(value('USER')).toBe('10001:10001');
    const entry = JSON.parse(value('ENTRYPOINT') ?? '[]') as string[];
    expect(entry).toEqual(['node', 'main.js']);
    expect(read('scripts/install-party.mjs')).toContain(`join(folder, '${entry[1] ?? ''}')`);
    const [command = ''] = JSON.parse(value('CMD') ?? '[]') as string[];
    if (!command.startsWith('--')) expect(commandsOf('worker')).toContain(command);
    const [, party = ''] = /install-party\.mjs (\S+) party/.exec(every('RUN').join(' ')) ?? [];
    const named = party === '${PARTY}' ? /PARTY=(\w+)/.exec(every('ARG').join(' '))?.[1] : party;
    expect(ENTRIES).toContain(named);
  });
});

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly args: { readonly PARTY: string } };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

/** Every variable that our sources name. */
const KNOWN = new Set(
  tracked
    .filter((file) => /^(apps|libs)\/[\w-]+\/src\/.*\.ts$/.test(file))
    .flatMap((file) => read(file).match(/\b(CIPHERNET|REDIS|BLOB|OTEL)_[A-Z_]+\b/g) ?? []),
);
const FOREIGN = /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|REGION)$/;

/** @throws what the applications throw, for values that they refuse */
function assertAccepted(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(environment))
    expect([name, KNOWN.has(name) || FOREIGN.test(name)]).toEqual([name, true]);
  loadConfiguration(environment);
}

describe('compose.yaml', () => {
  const text = read('docker/compose.yaml');
  const { services, volumes } = parse(text, { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);

  it('asks for every variable of example.env and for no other', () => {
    const asked = new Set([...text.matchAll(/(?<!\$)\$\{([A-Z_]+):\?/g)].map(([, name = '']) => name));
    const given = [...read('docker/example.env').matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name);
    expect([...asked].sort()).toEqual(given.sort());
  });

  it('names files and volumes that are there', () => {
    for (const { volumes: mounts = [], build, depends_on = {} } of Object.values(services)) {
      if (build !== undefined) expect(existsSync(join(ROOT, 'docker', build.context, build.dockerfile))).toBe(true);
      for (const name of Object.keys(depends_on)) expect(Object.keys(services)).toContain(name);
      for (const mount of mounts) {
        const [source = ''] = mount.split(':');
        if (source.startsWith('.')) expect(isTracked(join('docker', source))).toBe(true);
        else expect(Object.keys(volumes)).toContain(source);
      }
    }
  });

  it('starts commands that each party has, in environments that the applications accept', () => {
    expect(ours.length).toBe(3);
    for (const [, { build, command = [], environment = {} }] of ours) {
      const party = build?.args.PARTY ?? '';
      expect(ENTRIES).toContain(party);
      expect(commandsOf(party)).toContain(command[0]);
      // As compose fills it in: defaults where it has them, and else a password of example.env's form.
      const filled = Object.entries(environment).map(([name, value]) => [
        name,
        value.replace(/\$\{[A-Z_]+:-(.*?)\}/g, '$1').replace(/\$\{[A-Z_]+:\?.*?\}/g, '0123456789abcdef'),
      ]);
      assertAccepted(Object.fromEntries(filled) as Record<string, string>);
    }
  });

  it('would be refused with a variable or a value that no application takes', () => {
    expect(() => assertAccepted({ CIPHERNET_CASHE_GB: '4' })).toThrow();
    expect(() => assertAccepted({ CIPHERNET_CACHE_GB: 'four' })).toThrow(/CIPHERNET_CACHE_GB/);
    expect(() => assertAccepted({ BLOB_URL: 'http://store' })).toThrow(/BLOB_URL/);
  });
});

describe('ciphernet.yaml', () => {
  it('starts commands that each party has, in environments that the applications accept', () => {
    const containers = parseAllDocuments(read('docker/kubernetes/ciphernet.yaml'))
      .map((document) => document.toJS() as { spec?: { template?: { spec?: { containers?: Container[] } } } })
      .flatMap(({ spec }) => spec?.template?.spec?.containers ?? []);
    expect(containers.length).toBeGreaterThan(2);
    for (const { image, args, env = [] } of containers) {
      const party = /^ciphernet-(\w+):/.exec(image)?.[1] ?? '';
      expect(ENTRIES).toContain(party);
      expect(commandsOf(party)).toContain(args[0]);
      assertAccepted(Object.fromEntries(env.map(({ name, value }) => [name, value])));
    }
  });
});

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
}
