import type { BlobStore } from '@ciphernet/blobs';
import { InputError, parseJson, parseOrThrow } from '@ciphernet/errors';
import {
  type Circuit,
  type InputTransform,
  type LayersModelArtifact,
  type Network,
  applyTransform,
  calibrate,
  lower,
  networkFromLayersModel,
  sizeOf,
  transformedShape,
} from '@ciphernet/network';
import { z } from 'zod';
import { type ModelRecord, recordFromBytes, recordToBytes } from './record.js';

/** A model as it is used: record, float network, lowered circuit. */
export interface Model {
  readonly digest: string;
  readonly record: ModelRecord;
  readonly network: Network;
  readonly circuit: Circuit;
}

/** TensorFlow.js's file names; the weights are one shard. */
const modelJsonSchema = z.object({
  modelTopology: z.unknown(),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(z.unknown()) })).length(1),
});

function modelJson(artifact: LayersModelArtifact): Uint8Array {
  const json = {
    format: 'layers-model',
    modelTopology: artifact.modelTopology,
    weightsManifest: [{ paths: ['weights.bin'], weights: artifact.weightSpecs }],
  };
  return new TextEncoder().encode(JSON.stringify(json));
}

/** Reads `model.json` and its weights; the standard artifact of tfjs, whoever saved it. */
export function artifactFromFiles(
  modelJsonBytes: Uint8Array,
  weightData: Uint8Array,
  where: string,
): LayersModelArtifact {
  const json = parseOrThrow(modelJsonSchema, parseJson(new TextDecoder().decode(modelJsonBytes), where), where);
  const weightSpecs = json.weightsManifest[0]?.weights ?? [];
  // networkFromLayersModel checks the specs with a schema of its own.
  return {
    modelTopology: json.modelTopology,
    weightSpecs: weightSpecs as LayersModelArtifact['weightSpecs'],
    weightData,
  };
}

export interface ModelOrigin {
  readonly name: string;
  readonly transform: InputTransform;
  readonly training?: ModelRecord['training'];
}

/** Ranges and gains settle with a few hundred examples; gains cost a backward pass each. */
const CALIBRATION_EXAMPLES = 1000;

/**
 * Stores a model: artifact, circuit calibration, record.
 *
 * @param examples public images in [0, 1] before the transform, height × width each, at least one
 * @returns the record's digest, the model's address
 */
export async function saveModel(
  blobs: BlobStore,
  artifact: LayersModelArtifact,
  origin: ModelOrigin,
  examples: { readonly images: Float32Array; readonly height: number; readonly width: number },
): Promise<string> {
  const network = networkFromLayersModel(artifact);
  const shape = { height: examples.height, width: examples.width, channels: 1 };
  const features = sizeOf(transformedShape(origin.transform, shape));
  if (sizeOf(network.input) !== features) {
    throw new InputError(`the model reads ${sizeOf(network.input)} features, the examples have ${features}`, {
      where: `model ${origin.name}`,
      hint: 'declare the input transform that the model was trained with',
    });
  }
  const sample = examples.images.subarray(0, CALIBRATION_EXAMPLES * sizeOf(shape));
  const calibration = calibrate(lower(network), applyTransform(origin.transform, shape, sample));
  const topology = await blobs.put(modelJson(artifact));
  const weights = await blobs.put(artifact.weightData);
  const record: ModelRecord = {
    format: 'ciphernet-model',
    version: 1,
    name: origin.name,
    transform: origin.transform,
    topology: topology.digest,
    weights: weights.digest,
    calibration,
    ...(origin.training === undefined ? {} : { training: origin.training }),
  };
  return (await blobs.put(recordToBytes(record))).digest;
}

/** Loads a model by its address; every blob is verified. */
export async function loadModel(blobs: BlobStore, digest: string): Promise<Model> {
  const record = recordFromBytes(await blobs.get(digest), `model ${digest.slice(0, 12)}`);
  const [topology, weights] = await Promise.all([blobs.get(record.topology), blobs.get(record.weights)]);
  const network = networkFromLayersModel(artifactFromFiles(topology, weights, `model ${record.name}`));
  return { digest, record, network, circuit: lower(network) };
}
