import { MODELS } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { type Circuit, type RoundingBasis, calibrate, lower, roundingBasis } from '@ciphernet/compiler';
import { type InputTransform, toFeatures, transformedShape } from '@ciphernet/datasets';
import { type LayersModelArtifact, artifactFromFiles, modelJsonOf, networkFromLayersModel } from '@ciphernet/formats';
import { InputError, IntegrityError } from '@ciphernet/foundation';
import { type Network, type Shape, sizeOf } from '@ciphernet/network';
import { type ModelKey, isSealed, modelBlobs, openedContent } from './model-key.js';
import { type PlainModel, plainNetwork } from './plain-model.js';
import { CALIBRATION_EXAMPLES } from './calibration-schema.js';
import { loadOwnModel } from './own/own-model.js';
import { type LayersRecord, type ModelRecord, recordFromBytes, recordToBytes } from './record.js';

/** A model as it is used: record, plain model, lowered circuit. */
export interface Model {
  readonly digest: string;
  readonly record: ModelRecord;
  readonly plain: PlainModel;
  readonly answers: ModelAnswers;
  readonly circuit: Circuit;
  /** What its weights are rounded by; measured anew with each call where its examples are kept. */
  readonly basis: () => RoundingBasis;
  /** True when it is stored under a model owner's key. */
  readonly isSealed: boolean;
}

/** What a model's outputs mean. */
export interface ModelAnswers {
  /** How outputs become probabilities; of a score they do not. */
  readonly link: 'softmax' | 'sigmoid' | 'identity' | 'score';
  /** Names of the classes, in the order of the outputs. */
  readonly classes?: readonly string[] | undefined;
  readonly task?: 'classification' | 'regression' | undefined;
  /** What was assumed when the model was imported, for reports. */
  readonly notes: readonly string[];
}

/** Of a network of layers: a logit a class. */
const LOGITS: ModelAnswers = Object.freeze({ link: 'softmax', notes: [] });

/** Where a model comes from. */
export interface ModelOrigin {
  readonly name: string;
  readonly transform: InputTransform;
  readonly training?: LayersRecord['training'];
}

/** @throws InputError when the model does not read what the transform makes of such images */
function featuresOf(
  transform: InputTransform,
  examples: PublicExamples,
  network: Network,
  where: string,
): Float32Array {
  const { images, shape } = examples;
  const features = sizeOf(transformedShape(transform, shape));
  if (sizeOf(network.input) !== features) {
    throw new InputError(`the model reads ${sizeOf(network.input)} features, the examples have ${features}`, {
      where,
      hint: 'declare the input transform that the model was trained with',
    });
  }
  if (images.length === 0 || images.length % sizeOf(shape) !== 0) {
    throw new InputError(`${images.length} bytes are not images of ${shape.height} × ${shape.width}`, {
      where,
      hint: 'give at least one whole example',
    });
  }
  return toFeatures(transform, shape, images);
}

/** Public images before the transform, a byte a value. */
export interface PublicExamples {
  readonly images: Uint8Array;
  readonly shape: Shape;
}

/**
 * Stores a model: artifact, public examples, circuit calibration, record.
 *
 * @param examples at least one; the first 1,000 are kept with the model
 * @param key seals all of it
 * @returns the record's digest, the model's address
 * @throws InputError when the model does not read what the transform makes of the examples
 * @throws UnsupportedError for a network that cannot be evaluated under encryption
 */
export async function saveModel(
  store: BlobStore,
  artifact: LayersModelArtifact,
  origin: ModelOrigin,
  examples: PublicExamples,
  key?: ModelKey,
): Promise<string> {
  const blobs = modelBlobs(store, key);
  const network = networkFromLayersModel(artifact);
  const { shape } = examples;
  const sample = examples.images.slice(0, CALIBRATION_EXAMPLES * sizeOf(shape));
  const features = featuresOf(origin.transform, { images: sample, shape }, network, `model ${origin.name}`);
  const calibration = calibrate(lower(network), features);
  const topology = await blobs.put(modelJsonOf(artifact));
  const weights = await blobs.put(artifact.weightData);
  const images = await blobs.put(sample);
  const record: LayersRecord = {
    format: 'ciphernet-model',
    version: 2,
    name: origin.name,
    transform: origin.transform,
    topology: topology.digest,
    weights: weights.digest,
    examples: { images: images.digest, ...shape },
    calibration,
    ...(origin.training === undefined ? {} : { training: origin.training }),
  };
  const { digest } = await blobs.put(recordToBytes(record));
  await MODELS.set(blobs, digest, { name: record.name });
  return digest;
}

/**
 * Loads a model by its address; every blob is verified.
 *
 * @param key opens what is sealed
 * @throws IntegrityError when a blob is missing or of other bytes; InputError for what is no model of this version
 */
export async function loadModel(store: BlobStore, digest: string, key?: ModelKey): Promise<Model> {
  const where = `model ${digest.slice(0, 12)}`;
  const blobs = modelBlobs(store, key);
  const bytes = await store.get(digest);
  const record = recordFromBytes(openedContent(bytes, key, `blob ${digest.slice(0, 12)}`), where);
  if (record.version === 3) {
    return { digest, record, ...(await loadOwnModel(record, blobs, where)), isSealed: isSealed(bytes) };
  }
  const { images: address, ...shape } = record.examples;
  const expected = record.calibration.examples * sizeOf(shape);
  const [topology, weights, images] = await Promise.all([
    blobs.get(record.topology),
    blobs.get(record.weights),
    blobs.get(address, expected),
  ]);
  if (images.length !== expected) {
    throw new IntegrityError(`${images.length} bytes of examples, ${expected} are expected`, { where });
  }
  const network = networkFromLayersModel(artifactFromFiles(topology, weights, `model ${record.name}`));
  const examples = featuresOf(record.transform, { images, shape }, network, where);
  const circuit = lower(network);
  const basis = (): RoundingBasis => roundingBasis(circuit, examples);
  return { digest, record, plain: plainNetwork(network), answers: LOGITS, circuit, basis, isSealed: isSealed(bytes) };
}

/**
 * Checks that a model is there, and is one as far as can be seen.
 *
 * @returns whether it is sealed: then it is not read
 * @throws what {@link loadModel} throws
 */
export async function checkModel(
  blobs: BlobStore,
  digest: string,
): Promise<{ readonly isSealed: boolean; readonly record?: ModelRecord }> {
  if (isSealed(await blobs.get(digest))) return { isSealed: true };
  return loadModel(blobs, digest);
}
