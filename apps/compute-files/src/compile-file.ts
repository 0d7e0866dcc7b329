import type { EncryptionMode, RingName } from '@ciphernet/ckks';
import {
  type ClientSide,
  type CompiledCircuit,
  type PlanOptions,
  clientPart,
  compiledToBytes,
} from '@ciphernet/compiler';
import { shapeOf } from '@ciphernet/datasets';
import { elementAt, lastOf, sha256Hex, writeFolder } from '@ciphernet/foundation';
import { type Model, compileModel } from '@ciphernet/models';
import { writeCompiled } from './compiled-folder.js';
import { type ModelToRead, readModel } from './read-model.js';

/** How a model is compiled into files. */
export interface CompileFileOptions extends ModelToRead {
  /** Key that its clients encrypt with. */
  readonly mode: EncryptionMode;
  readonly ring?: RingName | undefined;
  readonly verifiable: NonNullable<PlanOptions['verifiable']>;
  /** Largest tolerated error bound of an output, in place of the planner's rule. */
  readonly targetError?: number | undefined;
  /** Puts the folder in the place of one that is there. */
  readonly replace: boolean;
}

/** What the client has to know of the examples and outputs of a model. */
function describeModel({
  record,
  answers,
  circuit,
}: Model): Omit<ClientSide, 'circuit' | 'packing' | 'parameters' | 'mode' | 'inputScale' | 'result'> {
  const isOwn = record.version === 3;
  const shape = isOwn ? shapeOf(record.preprocessing) : record.examples;
  const { height, width, channels } = shape;
  return {
    name: record.name,
    height,
    width,
    channels,
    transform: record.transform,
    ...(isOwn ? { preprocessing: record.preprocessing } : {}),
    features: elementAt(circuit.maps, 0).inputs,
    outputs: lastOf(circuit.maps).outputs,
    link: answers.link,
    ...(answers.task === undefined ? {} : { task: answers.task }),
    ...(answers.classes === undefined ? {} : { classes: answers.classes }),
  };
}

/** A model that was compiled into a folder. */
export interface CompiledFile {
  readonly client: ClientSide;
  readonly compiled: CompiledCircuit;
  readonly guesses: readonly string[];
}

/**
 * Compiles a model into a folder: what its clients need before they make keys, and what the server evaluates by.
 *
 * @throws InputError where the model cannot be read, UnsupportedError that says which bound was hit when no plan fits
 */
export async function compileFile(path: string, output: string, options: CompileFileOptions): Promise<CompiledFile> {
  const { mode, ring, verifiable, targetError, replace } = options;
  const { model, guesses } = await readModel(path, options);
  const compiled = compileModel(model, {
    mode,
    ring,
    verifiable,
    ...(targetError === undefined ? {} : { targetError }),
  });
  const circuit = compiledToBytes(compiled);
  const client: ClientSide = {
    ...describeModel(model),
    ...clientPart(compiled.plan),
    packing: 'slots',
    circuit: sha256Hex(circuit),
  };
  await writeFolder(output, { replace }, (folder) => writeCompiled(folder, circuit, client));
  return { client, compiled, guesses };
}
