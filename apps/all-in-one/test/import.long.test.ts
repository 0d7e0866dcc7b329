import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDirectoryStore } from '@ciphernet/blobs';
import { runCli, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { trainBriefly } from './small-model.js';

describe('models that tfjs has saved', () => {
  it('are imported from a folder of checkpoints and evaluated, each as the one that was trained here', async () => {
    await using folder = await temporaryFolder();
    const env = { CIPHERNET_DATA: folder.path };
    const lines = async <T>(args: string[]): Promise<T[]> => {
      const { code, stdout, stderr } = await runCli([...args, '--json'], env);
      expect([stderr, code]).toEqual([stderr, 0]);
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as T);
    };
    const blobs = await openDirectoryStore(join(folder.path, 'store'));
    const trained = await trainBriefly(blobs, folder.path, 'reference');
    const record = JSON.parse(Buffer.from(await blobs.get(trained)).toString()) as {
      topology: string;
      weights: string;
    };
    const checkpoints = join(folder.path, 'checkpoints');
    for (const name of ['epoch-2', 'epoch-10']) {
      await mkdir(join(checkpoints, name), { recursive: true });
      await writeFile(join(checkpoints, name, 'model.json'), await blobs.get(record.topology));
      await writeFile(join(checkpoints, name, 'weights.bin'), await blobs.get(record.weights));
    }
    expect((await runCli(['keys', 'create'], env)).code).toBe(0);
    const [encrypted] = await lines<{ dataset: string }>(['dataset', 'encrypt', 'mnist', '--images', '300']);
    const what = ['enqueue', '--dataset', encrypted?.dataset ?? ''];
    const imported = await lines<{ accuracy: number; evaluation: string }>([...what, '--models', checkpoints]);
    const [own] = await lines<{ accuracy: number }>([...what, '--model', trained]);
    expect(imported.map(({ accuracy }) => accuracy)).toEqual([own?.accuracy, own?.accuracy]);
    const names = await Promise.all(
      imported.map(async ({ evaluation }) => {
        const text = await readFile(join(folder.path, 'reports', evaluation, 'report.json'), 'utf8');
        return (JSON.parse(text) as { model: { name: string } }).model.name;
      }),
    );
    expect(names).toEqual(['epoch-2', 'epoch-10']);

    const bad: [string, string, RegExp][] = [
      ['no folder', join(folder.path, 'nothing'), /no such folder/],
      ['no model', join(folder.path, 'keys'), /no model\.json/],
    ];
    const leading = join(folder.path, 'leading');
    await mkdir(leading);
    const manifest = { modelTopology: {}, weightsManifest: [{ paths: ['../../etc/passwd'], weights: [] }] };
    await writeFile(join(leading, 'model.json'), JSON.stringify(manifest));
    bad.push(['a path that leads out of its folder', leading, /not a plain file name/]);
    const broken = join(folder.path, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'model.json'), '{"modelTopology":');
    bad.push(['half a file', broken, /model\.json/]);
    for (const [, path, message] of bad) {
      const result = await runCli(['model', 'import', path], env);
      expect([result.code, result.stderr]).toEqual([2, expect.stringMatching(message)]);
    }
    const neither = await runCli(what, env);
    expect([neither.code, neither.stderr]).toEqual([2, expect.stringContaining('--model, --models')]);
  });
});
