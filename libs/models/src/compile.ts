import { createHash } from 'node:crypto';
import type { BlobStore } from '@ciphernet/blobs';
import type { DatasetManifest } from '@ciphernet/ciphertext';
import { InputError, parseJson } from '@ciphernet/errors';
import { roundingBasis, transformName } from '@ciphernet/network';
import {
  type CompiledCircuit,
  type PlanOptions,
  compileCircuit,
  compiledFromJson,
  compiledToBytes,
  parametersDigest,
  planCircuit,
} from '@ciphernet/parameters';
import { type Model, loadModel } from './model-store.js';

/** Changes when planning or quantisation could give another circuit from the same model. */
const COMPILER_VERSION = 5;

/** Plans and quantises a model: rounding errors are compensated by the statistics of its public examples. */
export function compileModel(model: Model, options: Pick<PlanOptions, 'mode' | 'given'>): CompiledCircuit {
  const basis = roundingBasis(model.circuit, model.examples);
  const roundingEnergies = basis.map(({ energy }) => energy);
  const plan = planCircuit(model.circuit, model.record.calibration, { ...options, roundingEnergies });
  return compileCircuit(model.circuit, plan, model.record.transform, basis);
}

/** Compiles a model for an encrypted dataset: under its parameters and scale, refusing another input transform. */
export function compileForDataset(model: Model, manifest: DatasetManifest): CompiledCircuit {
  const wanted = transformName(model.record.transform);
  const actual = transformName(manifest.transform);
  if (wanted !== actual) {
    throw new InputError(
      `model ${model.record.name} reads features with transform '${wanted}', the dataset has '${actual}'`,
      {
        where: `dataset ${manifest.name}`,
        hint: 'encrypt the dataset for this model, or use a model with the same transform',
      },
    );
  }
  const { parameters, inputScale, mode } = manifest;
  return compileModel(model, { mode, given: { parameters, inputScale } });
}

/** The last compiled circuits of this thread, by address: a worker's jobs come in flows of the same one. */
const recent = new Map<string, CompiledCircuit>();
const MAX_RECENT = 4;

function remember(digest: string, compiled: CompiledCircuit): { digest: string; compiled: CompiledCircuit } {
  if (recent.size >= MAX_RECENT) for (const oldest of [...recent.keys()].slice(0, 1)) recent.delete(oldest);
  recent.set(digest, compiled);
  return { digest, compiled };
}

/** The compiled circuit of a model and a dataset, from the store when it was made before. */
export async function ensureCompiled(
  blobs: BlobStore,
  modelDigest: string,
  manifest: DatasetManifest,
): Promise<{ readonly digest: string; readonly compiled: CompiledCircuit }> {
  const key = createHash('sha256')
    .update(`${COMPILER_VERSION} ${modelDigest} ${parametersDigest(manifest.parameters)} ${manifest.inputScale} `)
    .update(`${manifest.mode} ${transformName(manifest.transform)}`)
    .digest('hex');
  const name = `compiled/${key}`;
  const known = await blobs.getRef(name);
  if (known !== undefined && /^[0-9a-f]{64}$/.test(known) && (await blobs.has(known))) {
    const compiled = recent.get(known);
    if (compiled !== undefined) return { digest: known, compiled };
    const bytes = await blobs.get(known);
    return remember(known, compiledFromJson(parseJson(new TextDecoder().decode(bytes), known), known));
  }
  const compiled = compileForDataset(await loadModel(blobs, modelDigest), manifest);
  const { digest } = await blobs.put(compiledToBytes(compiled));
  await blobs.setRef(name, digest);
  return remember(digest, compiled);
}
