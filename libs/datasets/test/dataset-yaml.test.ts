import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { datasetYamlJsonSchema, readDatasetYaml } from '../src/own/dataset-yaml.js';

const PUBLISHED = fileURLToPath(new URL('../../../docs/dataset.schema.json', import.meta.url));

async function read(text: string): Promise<unknown> {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'dataset.yaml'), text);
  return await readDatasetYaml(join(folder.path, 'data.csv'));
}

describe('dataset.yaml', () => {
  it('has the form that is published', async () => {
    expect(JSON.parse(await readFile(PUBLISHED, 'utf8'))).toEqual(JSON.parse(JSON.stringify(datasetYamlJsonSchema())));
  });

  it('may leave everything out', async () => {
    expect(await read('')).toEqual({});
    expect(await readDatasetYaml('/nowhere/data.csv')).toEqual({});
  });

  it('names one label or several, and classes that are numbers', async () => {
    expect(await read('label: y\nclasses: [0, 1]\npositive: 1\n')).toEqual({
      label: ['y'],
      classes: ['0', '1'],
      positive: '1',
    });
    expect(await read('label: [a, b]')).toEqual({ label: ['a', 'b'] });
  });

  it.each([
    ['what it has no word for', 'labels: y', /labels/],
    ['a scale of nothing', 'features: [{kind: number, column: a, scale: 0}]', /scale/],
    ['no YAML', 'label: [a', /no YAML/],
    ['aliases, which could fill the memory', 'ignore: &a [x, x]\nslice: *a', /alias/i],
    ['more than a description is', `label: ${'x'.repeat(1_000_001)}`, /larger than a description/],
  ])('is refused with %s', async (_what, text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(message) as unknown,
    });
  });
});
