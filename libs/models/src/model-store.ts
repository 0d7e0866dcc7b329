import type { BlobStore } from '@ciphernet/blobs';
import { toUnitRange } from '@ciphernet/datasets';
import { InputError, IntegrityError, parseJson, parseOrThrow } from '@ciphernet/errors';
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
import { CALIBRATION_EXAMPLES, type ModelRecord, recordFromBytes, recordToBytes } from './record.js';

/** A model as it is used: record, float network, lowered circuit. */
export interface Model {
  readonly digest: string;
  readonly record: ModelRecord;
  readonly network: Network;
  readonly circuit: Circuit;
  /** Features of the public examples, count × inputs of the circuit. */
  readonly examples: Float32Array;
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

/** @throws InputError when the model does not read what the transform makes of such images */
function featuresOf(
  transform: InputTransform,
  images: Uint8Array,
  size: { readonly height: number; readonly width: number },
  network: Network,
  where: string,
): Float32Array {
  const shape = { height: size.height, width: size.width, channels: 1 };
  const features = sizeOf(transformedShape(transform, shape));
  if (sizeOf(network.input) !== features) {
    throw new InputError(`the model reads ${sizeOf(network.input)} features, the examples have ${features}`, {
      where,
      hint: 'declare the input transform that the model was trained with',
    });
  }
  if (images.length === 0 || images.length % sizeOf(shape) !== 0) {
    throw new InputError(`${images.length} bytes are not images of ${size.height} × ${size.width}`, {
      where,
      hint: 'give at least one whole example',
    });
  }
  return applyTransform(transform, shape, toUnitRange(images));
}

/**
 * Stores a model: artifact, public examples, circuit calibration, record.
 *
 * @param examples public images before the transform, a byte a pixel, height × width each, at least one; the first 1,000
 *   are kept with the model
 * @returns the record's digest, the model's address
 */
export async function saveModel(
  blobs: BlobStore,
  artifact: LayersModelArtifact,
  origin: ModelOrigin,
  examples: { readonly images: Uint8Array; readonly height: number; readonly width: number },
): Promise<string> {
  const network = networkFromLayersModel(artifact);
  const { height, width } = examples;
  const sample = examples.images.slice(0, CALIBRATION_EXAMPLES * height * width);
  const features = featuresOf(origin.transform, sample, { height, width }, network, `model ${origin.name}`);
  const calibration = calibrate(lower(network), features);
  const topology = await blobs.put(modelJson(artifact));
  const weights = await blobs.put(artifact.weightData);
  const images = await blobs.put(sample);
  const record: ModelRecord = {
    format: 'ciphernet-model',
    version: 2,
    name: origin.name,
    transform: origin.transform,
    topology: topology.digest,
    weights: weights.digest,
    examples: { images: images.digest, height, width },
    calibration,
    ...(origin.training === undefined ? {} : { training: origin.training }),
  };
  return (await blobs.put(recordToBytes(record))).digest;
}

/** Loads a model by its address; every blob is verified. */
export async function loadModel(blobs: BlobStore, digest: string): Promise<Model> {
  const where = `model ${digest.slice(0, 12)}`;
  const record = recordFromBytes(await blobs.get(digest), where);
  const { height, width } = record.examples;
  const expected = record.calibration.examples * height * width;
  const [topology, weights, images] = await Promise.all([
    blobs.get(record.topology),
    blobs.get(record.weights),
    blobs.get(record.examples.images, expected),
  ]);
  if (images.length !== expected) {
    throw new IntegrityError(`${images.length} bytes of examples, ${expected} are expected`, { where });
  }
  const network = networkFromLayersModel(artifactFromFiles(topology, weights, `model ${record.name}`));
  const examples = featuresOf(record.transform, images, record.examples, network, where);
  return { digest, record, network, circuit: lower(network), examples };
}
