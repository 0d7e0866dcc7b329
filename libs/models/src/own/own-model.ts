import { MODELS } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { basisFromBytes, basisToBytes, calibrate, foldInput, roundingBasis } from '@ciphernet/compiler';
import { type Preprocessing, affineOfFeatures, transformFor } from '@ciphernet/datasets';
import { artifactFromFiles, modelJsonOf } from '@ciphernet/formats';
import { IntegrityError, lastOf } from '@ciphernet/foundation';
import { CALIBRATION_EXAMPLES } from '../calibration-schema.js';
import { type ModelKey, modelBlobs } from '../model-key.js';
import type { Model } from '../model-store.js';
import type { PlainModel } from '../plain-model.js';
import { recordToBytes } from '../record.js';
import { assertSameAsRuntime } from './compare-runtime.js';
import { type InterpretedModel, interpretModel } from './interpret.js';
import type { ModelPart, ModelSource } from './model-source.js';
import { openedWhenUsed } from './opened-when-used.js';
import type { OwnModelRecord } from './own-record.js';

/** Largest part of a model that is read. */
const MOST_PART_BYTES = 2 ** 28;

/** What is said of a model besides its file. */
export interface OwnModelOrigin {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  /** Features of data that calibrates it, after preprocessing, count × inputs; the first 1,000 are used, none is kept. */
  readonly features: Float32Array;
  /** Names of the classes in the order of the outputs, where the file does not have them. */
  readonly classes?: readonly string[] | undefined;
  /** What was assumed, for reports: where the calibration data is from, say. */
  readonly notes: readonly string[];
}

/** The plain model over features as they are encrypted: what preprocessing did is undone before. */
function plainOf(interpreted: InterpretedModel, preprocessing: Preprocessing): PlainModel {
  const { offsets, scales } = affineOfFeatures(preprocessing);
  const opened = openedWhenUsed(() => interpreted.openRuntime());
  const values = (features: Float32Array): Float32Array =>
    features.map((value, i) => value * (scales[i % scales.length] ?? 1) + (offsets[i % scales.length] ?? 0));
  const plain: { -readonly [K in keyof PlainModel]: PlainModel[K] } = {
    runtime: 'not run',
    async evaluate(features: Float32Array) {
      const runtime = await opened.runtime();
      plain.runtime = runtime.name;
      plain.head = runtime.head;
      return runtime.run(values(features));
    },
    close: () => opened.close(),
  };
  return plain;
}

async function putParts(source: ModelSource, blobs: BlobStore): Promise<OwnModelRecord['source']> {
  const parts: readonly ModelPart[] =
    source.kind === 'onnx'
      ? [{ name: 'model.onnx', bytes: source.bytes }, ...source.external]
      : [
          { name: 'model.json', bytes: modelJsonOf(source.artifact) },
          { name: 'weights.bin', bytes: source.artifact.weightData },
        ];
  const stored: { name: string; digest: string }[] = [];
  for (const { name, bytes } of parts) stored.push({ name, digest: (await blobs.put(bytes)).digest });
  return { kind: source.kind, parts: stored };
}

async function sourceFrom({ source }: OwnModelRecord, blobs: BlobStore, where: string): Promise<ModelSource> {
  const parts: ModelPart[] = [];
  for (const { name, digest } of source.parts) parts.push({ name, bytes: await blobs.get(digest, MOST_PART_BYTES) });
  const [first, ...others] = parts;
  if (first === undefined) throw new IntegrityError('a model without a file', { where });
  if (source.kind === 'onnx') return { kind: 'onnx', bytes: first.bytes, external: others };
  const [weights] = others;
  if (weights === undefined) throw new IntegrityError('a model without weights', { where });
  return { kind: 'layers', artifact: artifactFromFiles(first.bytes, weights.bytes, where) };
}

/**
 * Stores a model of a file: its bytes, what it says of preprocessing and answers, and statistics of the data that calibrated it.
 * Before, it is compared with an independent runtime.
 *
 * @param interpreted of the source
 * @param key seals all of it
 * @returns the model's address
 * @throws InputError where the features are not the model's, or the runtime gives other outputs
 */
export async function saveOwnModel(
  store: BlobStore,
  source: ModelSource,
  interpreted: InterpretedModel,
  origin: OwnModelOrigin,
  key?: ModelKey,
): Promise<string> {
  const { name, preprocessing } = origin;
  const { offsets, scales } = affineOfFeatures(preprocessing);
  const circuit = foldInput(interpreted.circuit, offsets, scales);
  const features = origin.features.subarray(0, CALIBRATION_EXAMPLES * offsets.length);
  const plain = plainOf(interpreted, preprocessing);
  await assertSameAsRuntime(circuit, plain, features, name).finally(() => plain.close?.());
  const calibration = calibrate(circuit, features);
  const blobs = modelBlobs(store, key);
  const basis = await blobs.put(basisToBytes(roundingBasis(circuit, features)));
  const { link, task, notes } = interpreted.answers;
  const classes = interpreted.answers.classes ?? origin.classes;
  const record: OwnModelRecord = {
    format: 'ciphernet-model',
    version: 3,
    name,
    transform: transformFor(preprocessing),
    preprocessing,
    source: await putParts(source, blobs),
    ...(interpreted.convertedFrom === undefined ? {} : { convertedFrom: interpreted.convertedFrom }),
    basis: basis.digest,
    calibration,
    answers: {
      link,
      outputs: interpreted.outputs,
      ...(task === undefined ? {} : { task }),
      ...(classes === undefined ? {} : { classes }),
      notes: [...notes, ...origin.notes],
    },
  };
  const { digest } = await blobs.put(recordToBytes(record));
  await MODELS.set(blobs, digest, { name });
  return digest;
}

/** Loads what {@link saveOwnModel} stored. @param blobs opens what is sealed */
export async function loadOwnModel(
  record: OwnModelRecord,
  blobs: BlobStore,
  where: string,
): Promise<Pick<Model, 'plain' | 'answers' | 'circuit' | 'basis'>> {
  const { preprocessing } = record;
  const interpreted = interpretModel(await sourceFrom(record, blobs, where), record.name);
  const { offsets, scales } = affineOfFeatures(preprocessing);
  const circuit = foldInput(interpreted.circuit, offsets, scales);
  if (lastOf(circuit.maps).outputs !== record.answers.outputs) {
    throw new IntegrityError('the model’s file gives another number of outputs than its record says', { where });
  }
  const basis = basisFromBytes(await blobs.get(record.basis, MOST_PART_BYTES), circuit, where);
  return { plain: plainOf(interpreted, preprocessing), answers: record.answers, circuit, basis: () => basis };
}
