import { basename, extname } from 'node:path';
import type { BlobStore } from '@ciphernet/blobs';
import {
  type OwnDataChoice,
  type Preprocessing,
  type TaskKnowledge,
  choosePreprocessing,
  loadOwnExamples,
  normalised,
  ownFormatOf,
  shapeOf,
} from '@ciphernet/datasets';
import { elementAt } from '@ciphernet/foundation';
import { sizeOf } from '@ciphernet/network';
import { CALIBRATION_EXAMPLES } from '../calibration-schema.js';
import type { ModelKey } from '../model-key.js';
import { interpretModel } from './interpret.js';
import { saveOwnModel } from './own-model.js';
import { readModelFile } from './read-model-file.js';
import { uniformFrom } from './uniform.js';

/** What a model is calibrated by: ranges and covariances of its values decide how it is rounded. */
export interface OwnCalibration {
  /** Data that looks like what will be evaluated; of it statistics are kept with the model, no example. */
  readonly path: string;
  readonly choice: OwnDataChoice;
  /** Range of every value, where somebody states it: then of the data only the columns' names are used. */
  readonly range?: { readonly from: number; readonly to: number } | undefined;
  /** True where it is the data that will be evaluated. */
  readonly isData?: boolean;
  /** Where the data comes from, a note for reports. */
  readonly note: string;
}

/** A model that was stored, and what it says of the data that it reads. */
export interface ImportedOwnModel {
  readonly name: string;
  /** Its address. */
  readonly model: string;
  readonly preprocessing: Preprocessing;
  readonly knowledge: NonNullable<TaskKnowledge['model']>;
  /** What was guessed, a sentence each. */
  readonly guesses: readonly string[];
}

/** Uniform values of a stated range, as features. */
function statedExamples(
  preprocessing: Preprocessing,
  range: { readonly from: number; readonly to: number },
): Float32Array {
  const next = uniformFrom(1);
  const count = CALIBRATION_EXAMPLES * sizeOf(shapeOf(preprocessing));
  const values = Float64Array.from({ length: count }, () => range.from + next() * (range.to - range.from));
  return normalised(values, preprocessing);
}

async function calibrationFeatures(
  { path, range }: OwnCalibration,
  preprocessing: Preprocessing,
): Promise<Float32Array> {
  if (range !== undefined) return statedExamples(preprocessing, range);
  const reading = {
    format: await ownFormatOf(path),
    preprocessing,
    task: { kind: 'regression' as const, outputs: 1 },
    label: [],
  };
  const { features, count } = await loadOwnExamples(path, reading, { most: CALIBRATION_EXAMPLES });
  return features.read(0, count);
}

/**
 * Reads a model's file, compares it with an independent runtime, calibrates and stores it.
 *
 * @param key seals what is stored
 * @throws InputError for a damaged file, and for data with other features than the model reads
 * @throws UnsupportedError naming what cannot be evaluated under encryption
 */
export async function importOwnModel(
  blobs: BlobStore,
  path: string,
  calibration: OwnCalibration,
  key?: ModelKey,
): Promise<ImportedOwnModel> {
  const source = await readModelFile(path);
  const name = basename(path, extname(path)).slice(0, 100);
  const interpreted = interpretModel(source, path);
  const { circuit, image, outputs, answers } = interpreted;
  const { inputs } = elementAt(circuit.maps, 0);
  const wanted = { inputs, image };
  const { preprocessing, guesses } = await choosePreprocessing(
    calibration.path,
    calibration.choice,
    wanted,
    calibration.range,
    calibration.isData,
  );
  const features = await calibrationFeatures(calibration, preprocessing);
  const { classes } = calibration.choice;
  const notes = [calibration.note];
  const model = await saveOwnModel(blobs, source, interpreted, { name, preprocessing, features, classes, notes }, key);
  const named = answers.classes ?? classes;
  return {
    name,
    model,
    preprocessing,
    knowledge: {
      outputs,
      ...(answers.task === undefined ? {} : { task: answers.task }),
      ...(named === undefined ? {} : { classes: named }),
    },
    guesses: [...answers.notes, ...guesses],
  };
}
