import { type EncryptionMode, type RingName, componentsAfter } from '@ciphernet/ckks';
import {
  type ClientSide,
  type Packing,
  type PlanOptions,
  clientPart,
  compiledToBytes,
  planProducts,
  quadraticForms,
} from '@ciphernet/compiler';
import { shapeOf } from '@ciphernet/datasets';
import { productChunks } from '@ciphernet/engines';
import { elementAt, lastOf, writeFolder } from '@ciphernet/foundation';
import { type Model, compileModel } from '@ciphernet/models';
import { writeCompiled } from './compiled-folder.js';
import { type ModelToRead, readModel } from './read-model.js';

/** How a model is compiled into files. */
export interface CompileFileOptions extends ModelToRead {
  /** For whole batches, or for examples that come singly; the options below are of whole batches. */
  readonly packing: Packing;
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

/** A compiled model: what its clients get, and the bytes of the circuit. */
interface Compiled {
  readonly client: Pick<ClientSide, 'packing' | 'parameters' | 'mode' | 'inputScale' | 'result'>;
  readonly circuit: Iterable<Uint8Array>;
}

/** For whole batches. */
function compileSlots(model: Model, { mode, ring, verifiable, targetError }: CompileFileOptions): Compiled {
  const target = targetError === undefined ? {} : { targetError };
  const compiled = compileModel(model, { mode, ring, verifiable, ...target });
  return { client: { ...clientPart(compiled.plan), packing: 'slots' }, circuit: [compiledToBytes(compiled)] };
}

/** For examples that come singly. */
function compileProducts({ circuit, record }: Model, { mode }: CompileFileOptions): Compiled {
  const forms = quadraticForms(circuit);
  const plan = planProducts(record.calibration, mode, `model ${record.name}`);
  const { parameters, inputScale, resultScale } = plan;
  const result = { scale: resultScale, primes: parameters.primes.length, components: componentsAfter(1) };
  return {
    client: { parameters, mode, inputScale, result, packing: 'products' },
    circuit: productChunks({ name: record.name, forms, plan }),
  };
}

/** A model that was compiled into a folder. */
export interface CompiledFile {
  readonly client: ClientSide;
  /** What was guessed of own data, a sentence each. */
  readonly guesses: readonly string[];
}

/**
 * Compiles a model into a folder: what its clients need before they make keys, and what the server evaluates by.
 *
 * @throws InputError where the model cannot be read, UnsupportedError that says which bound was hit when no plan fits
 */
export async function compileFile(path: string, output: string, options: CompileFileOptions): Promise<CompiledFile> {
  const { model, guesses } = await readModel(path, options);
  const compiled = options.packing === 'products' ? compileProducts(model, options) : compileSlots(model, options);
  const client = { ...describeModel(model), ...compiled.client };
  const written = await writeFolder(output, { replace: options.replace }, (folder) =>
    writeCompiled(folder, client, compiled.circuit),
  );
  return { client: written, guesses };
}
