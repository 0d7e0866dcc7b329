import { InputError, UnsupportedError, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';

/**
 * TensorFlow.js's LayersModel on disk: `model.json` (topology and a manifest of weights) and the weights, little-endian
 * float32, one tensor after the other.
 */

const weightSpecSchema = z.object({
  name: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.literal('float32'),
});
/** Name and shape of a weight tensor. */
export type WeightSpec = z.infer<typeof weightSpecSchema>;

const modelJsonSchema = z.object({
  modelTopology: z.unknown(),
  weightsManifest: z
    .array(
      z.object({
        /** Files of weights beside `model.json`, by their plain names: a manifest must not lead out of its folder. */
        paths: z
          .array(z.string().regex(/^[\w][\w.-]*$/, 'is not a plain file name'))
          .min(1)
          .max(100),
        weights: z.array(weightSpecSchema).max(10_000),
      }),
    )
    .length(1),
});

/** A parsed artifact; its topology is not checked yet. */
export interface LayersModelArtifact {
  readonly modelTopology: unknown;
  readonly weightSpecs: readonly WeightSpec[];
  readonly weightData: Uint8Array;
}

/** The content of `model.json`. */
export interface ModelJson {
  readonly modelTopology: unknown;
  readonly weightSpecs: readonly WeightSpec[];
  /** Names of the weight files, in order. */
  readonly weightFiles: readonly string[];
}

/**
 * Parses `model.json`.
 *
 * @throws InputError naming `where` and the field that is wrong; UnsupportedError for a GraphModel
 */
export function parseModelJson(bytes: Uint8Array, where: string): ModelJson {
  const written = parseJson(new TextDecoder().decode(bytes), where);
  if (z.object({ format: z.literal('graph-model') }).safeParse(written).success) {
    throw new UnsupportedError('is a GraphModel, whose layers are taken apart into operators', {
      where,
      hint: 'save it as a LayersModel (tensorflowjs_converter --output_format=tfjs_layers_model), as .keras or as ONNX',
    });
  }
  const json = parseOrThrow(modelJsonSchema, written, where);
  const [group] = json.weightsManifest;
  if (group === undefined) throw new InputError('no group of weights', { where });
  return { modelTopology: json.modelTopology, weightSpecs: group.weights, weightFiles: group.paths };
}

/** The artifact in `model.json` and its weights. @param where names it in errors @throws InputError for a field that is wrong */
export function artifactFromFiles(modelJson: Uint8Array, weightData: Uint8Array, where: string): LayersModelArtifact {
  const { modelTopology, weightSpecs } = parseModelJson(modelJson, where);
  return { modelTopology, weightSpecs, weightData };
}

/** `model.json` of an artifact whose weights lie beside it in `weights.bin`. */
export function modelJsonOf(artifact: LayersModelArtifact): Uint8Array {
  const json = {
    format: 'layers-model',
    modelTopology: artifact.modelTopology,
    weightsManifest: [{ paths: ['weights.bin'], weights: artifact.weightSpecs }],
  };
  return new TextEncoder().encode(JSON.stringify(json));
}

/**
 * Weights by name.
 *
 * @throws InputError when the data is shorter or longer than its specs say, or a weight is not finite
 */
export function readWeights(artifact: LayersModelArtifact): (name: string) => Float32Array {
  const { weightData } = artifact;
  const values = new Map<string, Float32Array>();
  let at = 0;
  for (const spec of artifact.weightSpecs) {
    const length = spec.shape.reduce((product, size) => product * size, 1);
    const bytes = weightData.subarray(at, at + length * 4);
    if (bytes.length !== length * 4) {
      throw new InputError(`weight data ends inside ${spec.name}`, { where: 'model', hint: 'save the model again' });
    }
    const weights = new Float32Array(new Uint8Array(bytes).buffer);
    if (!weights.every(Number.isFinite)) {
      throw new InputError('a weight is not a finite number', { where: spec.name, hint: 'training diverged' });
    }
    values.set(spec.name, weights);
    at += length * 4;
  }
  if (at !== weightData.length) {
    throw new InputError(`${weightData.length - at} bytes too many of weights`, { where: 'model' });
  }
  return (name) => {
    const found = values.get(name);
    if (found === undefined) throw new InputError(`weight ${name} is missing`, { where: 'model' });
    return found;
  };
}
