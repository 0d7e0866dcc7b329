import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { inspectOwnData } from '../src/own/inspect.js';
import { loadOwnExamples } from '../src/own/load-own.js';
import { choosePreprocessing, readingForModel } from '../src/own/own-data.js';

const SHAPES = fileURLToPath(new URL('../../../examples/own-models/data/shapes', import.meta.url));
const WANTED = { inputs: 20 * 20 * 3, image: { height: 20, width: 20, channels: 3 } };
const MODEL = { outputs: 5 };

/** Images of the folder of shapes, and a list of some of them with the given lines behind its heading. */
async function withList(heading: string, lines: readonly string[]) {
  const folder = await temporaryFolder();
  await cp(SHAPES, join(folder.path, 'shapes'), { recursive: true });
  const list = join(folder.path, 'list.csv');
  await writeFile(list, [heading, ...lines].join('\n'));
  return { list, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const CLASSES = ['cross', 'disc', 'ring', 'square', 'stripes'];

async function readingOf(path: string, choice = {}) {
  const { preprocessing } = await choosePreprocessing(path, choice, WANTED);
  return (await readingForModel(path, choice, preprocessing, MODEL)).reading;
}

describe('a list of images', () => {
  it('is read as the same images in folders are, in the order of its lines', async () => {
    const folderReading = await readingOf(SHAPES);
    const inFolder = await loadOwnExamples(SHAPES, folderReading);
    const per = inFolder.count / CLASSES.length;
    const files = await Promise.all(CLASSES.map(async (name) => (await readdir(join(SHAPES, name))).sort()));
    // The last image of each class, from the last class to the first.
    const chosen = CLASSES.map((name, i) => `${name},shapes/${name}/${files[i]?.at(-1)}`).toReversed();
    await using own = await withList('label,path', chosen);
    const examples = await loadOwnExamples(own.list, await readingOf(own.list));
    expect(examples.count).toBe(5);
    expect([...(examples.targets?.values ?? [])]).toEqual([4, 3, 2, 1, 0]);
    const expected = await inFolder.features.gather(Int32Array.from([5, 4, 3, 2, 1], (k) => k * per - 1));
    expect(await examples.features.gather(Int32Array.from([0, 1, 2, 3, 4]))).toEqual(expected);
    expect(await inspectOwnData(own.list, {})).toMatchObject({ format: 'images', examples: 5, classes: CLASSES });
  });

  it('takes its labels from the column that is named, or from none', async () => {
    const [file = ''] = await readdir(join(SHAPES, 'disc'));
    const shown = [`shapes/disc/${file},x,0`, `shapes/disc/${file},y,1`];
    await using own = await withList('path,site,kind', shown);
    const { preprocessing } = await choosePreprocessing(own.list, { label: ['kind'] }, WANTED);
    const { reading } = await readingForModel(own.list, { label: ['kind'] }, preprocessing, { outputs: 2 });
    expect(reading).toMatchObject({ format: 'images', label: ['kind'], classes: ['0', '1'] });
    expect([...((await loadOwnExamples(own.list, reading)).targets?.values ?? [])]).toEqual([0, 1]);
    const unknown = await readingForModel(own.list, {}, preprocessing, { outputs: 2 });
    expect((await loadOwnExamples(own.list, unknown.reading)).targets).toBeUndefined();
  });

  it('is no table of numbers, and a table is no list of images', async () => {
    await using own = await withList('path,label', ['no/such.png,a', 'no/other.png,b']);
    await expect(inspectOwnData(own.list, {})).rejects.toThrow(/no\/such\.png/);
    await using table = await withList('path,label', ['1.5,a', '2.5,b']);
    expect((await inspectOwnData(table.list, {})).format).toBe('csv');
  });

  it('with labels that are no classes is refused', async () => {
    const [file = ''] = await readdir(join(SHAPES, 'disc'));
    await using own = await withList('path,label', [`shapes/disc/${file},0.5`, `shapes/disc/${file},1.5`]);
    await expect(readingOf(own.list, { task: 'regression' })).rejects.toThrow(/labels of a regression.*\.npz/);
  });
});
