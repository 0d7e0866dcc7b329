import type { BlobStore } from '@ciphernet/blobs';
import { dequantise, evaluateCircuit } from '@ciphernet/compiler';
import { type Objective, type Student, type Teacher, lossOf, writeStudent } from '@ciphernet/conversion';
import { normalised } from '@ciphernet/datasets';
import { CONVERTED_FROM, compileModel, interpretModel, loadModel, saveOwnModel } from '@ciphernet/models';
import type { ConversionData } from './conversion-data.js';
import { type Reading, figuresOf } from './figures.js';
import type { Original } from './original.js';
import type { Answered } from './split.js';

/** Where converted networks are kept, and what is the same of all of them. */
export interface StudentStore {
  readonly blobs: BlobStore;
  readonly name: string;
  readonly original: Original;
  readonly data: ConversionData;
  /** Examples that ranges are measured on. */
  readonly calibration: Answered;
  /** Signs a model as its owner's, before anybody hears of it. */
  readonly sign: (model: string) => Promise<unknown>;
}

/** The network with the names of classes that the data has, where the original has none. */
function withClasses(teacher: Teacher, classes: readonly string[] | undefined): Teacher {
  return teacher.classes !== undefined || classes === undefined ? teacher : { ...teacher, classes };
}

/** A converted network as an ONNX file that says what it was converted from. */
export function fileOfStudent(student: Student, { name, original, data }: StudentStore): Uint8Array {
  const teacher = withClasses(original.teacher, data.classes);
  return writeStudent(student, teacher, name, new Map([[CONVERTED_FROM, original.digest]]));
}

/** Stores a converted network as a model of its own, compared with ONNX Runtime like any that is imported. @returns its address */
export async function storeStudent(bytes: Uint8Array, store: StudentStore): Promise<string> {
  const { blobs, name, data, calibration } = store;
  const source = { kind: 'onnx', bytes, external: [] } as const;
  const { preprocessing, classes } = data;
  const model = await saveOwnModel(blobs, source, interpretModel(source, name), {
    name,
    preprocessing,
    features: normalised(calibration.values, preprocessing),
    classes,
    notes: [`calibrated on ${data.name}`],
  });
  await store.sign(model);
  return model;
}

/**
 * Scores of a stored network with integer weights, as it is evaluated encrypted, noise apart.
 *
 * @throws UnsupportedError where no plan fits it
 */
export async function quantisedScores(
  model: string,
  { blobs, data }: StudentStore,
  values: Float32Array,
): Promise<Float64Array> {
  const compiled = compileModel(await loadModel(blobs, model), { mode: 'public' });
  return evaluateCircuit(dequantise(compiled.circuit), normalised(values, data.preprocessing));
}

/** What decides between epochs: of decisions the share that is right (or the original's, where nobody knows), then the loss. */
export function standing(
  scores: Float64Array | Float32Array,
  examples: Answered,
  reading: Reading,
  objective: Objective,
): { readonly figure: number; readonly loss: number } {
  const { loss } = lossOf(objective, Float32Array.from(scores), examples);
  if (reading.task.kind === 'regression') return { figure: -loss, loss };
  const { converted, agreement } = figuresOf(reading, Float64Array.from(scores), examples);
  return { figure: converted ?? agreement, loss };
}
