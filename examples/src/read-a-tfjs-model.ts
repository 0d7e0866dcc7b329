// A TensorFlow.js model from a folder: its layers, or the layer that cannot be evaluated under encryption, and why.
//   node examples/dist/read-a-tfjs-model.js ./my-model
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  modelFolders,
  modelJsonOf,
  networkFromLayersModel,
  networkToLayersModel,
  readModelFolder,
} from '@ciphernet/formats';
import { UnsupportedError } from '@ciphernet/foundation';
import { type Network, shapesOf } from '@ciphernet/network';
import { randomNetwork } from './random-network.js';
import { runAsProgram } from './run-as-program.js';

/** Writes a network as tfjs does: `model.json`, and the weights beside it. */
export async function writeModel(folder: string, network: Network): Promise<void> {
  const artifact = networkToLayersModel(network);
  await writeFile(join(folder, 'model.json'), modelJsonOf(artifact));
  await writeFile(join(folder, 'weights.bin'), artifact.weightData);
}

/** @returns a line a layer of each model in the folder */
export async function main(folder: string): Promise<string[]> {
  const lines: string[] = [];
  for (const found of await modelFolders(folder)) {
    try {
      const network = networkFromLayersModel(await readModelFolder(found));
      const shapes = shapesOf(network);
      network.layers.forEach((layer, i) => {
        const { height, width, channels } = shapes[i]!;
        lines.push(`${found.name}: ${layer.name} (${layer.kind}) → ${height}×${width}×${channels}`);
      });
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      lines.push(`${found.name}: ${error.message}`);
    }
  }
  return lines;
}

await runAsProgram(import.meta.url, async () => {
  const given = process.argv[2];
  const folder = given ?? (await mkdtemp(join(tmpdir(), 'tfjs-')));
  if (given === undefined) await writeModel(folder, randomNetwork(14, 4, 32, 10));
  console.log((await main(folder)).join('\n'));
  if (given === undefined) await rm(folder, { recursive: true });
});
