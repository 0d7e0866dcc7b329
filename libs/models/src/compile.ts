import type { DatasetManifest } from '@ciphernet/artifacts';
import { type WorkerTrust, acceptedCompilation, signCompilation, signedStatementSchema } from '@ciphernet/attestation';
import { type BlobStore, refFamily } from '@ciphernet/blobs';
import { parametersDigest } from '@ciphernet/ckks';
import {
  type CompiledCircuit,
  type PlanOptions,
  compile,
  compiledFromJson,
  compiledToBytes,
} from '@ciphernet/compiler';
import { transformName } from '@ciphernet/datasets';
import { InputError, parseJson, sha256Hex } from '@ciphernet/foundation';
import type { ModelKey } from './model-key.js';
import { type Model, loadModel } from './model-store.js';
import type { ModelRecord } from './record.js';

/** Changes when planning or quantisation could give another circuit from the same model. */
const COMPILER_VERSION = 8;

/**
 * Plans and quantises a model: rounding errors are compensated by the statistics of its public examples.
 *
 * @throws UnsupportedError that says which bound was hit when no plan fits
 */
export function compileModel(
  model: Model,
  options: Pick<PlanOptions, 'mode' | 'given' | 'verifiable' | 'ring' | 'targetError'>,
): CompiledCircuit {
  const { circuit, record } = model;
  const { calibration, transform } = record;
  // A model of the zoo is what its quantised form scores; one of somebody else has decisions of its own to keep.
  const precise = record.version === 3;
  return compile({ circuit, basis: model.basis(), calibration, transform }, { ...options, precise });
}

/**
 * Compiles a model for an encrypted dataset, under its parameters and scale.
 *
 * @throws InputError when the model declares another input transform than the dataset was encrypted with
 * @throws UnsupportedError that says which bound was hit when no plan fits
 */
export function compileForDataset(model: Model, manifest: DatasetManifest): CompiledCircuit {
  assertReads(model.record, manifest);
  const { parameters, inputScale, mode } = manifest;
  return compileModel(model, { mode, given: { parameters, inputScale } });
}

/** @throws InputError for a model that declares another input transform than the dataset was encrypted with */
export function assertReads(record: ModelRecord, manifest: Pick<DatasetManifest, 'name' | 'transform'>): void {
  const wanted = transformName(record.transform);
  const actual = transformName(manifest.transform);
  if (wanted === actual) return;
  throw new InputError(`model ${record.name} reads features with transform '${wanted}', the dataset has '${actual}'`, {
    where: `dataset ${manifest.name}`,
    hint: 'encrypt the dataset for this model, or use a model with the same transform',
  });
}

/** A compiled circuit as it is stored: of a sealed model, only its plan is in the clear. */
export function circuitBytes(
  { isSealed }: Pick<Model, 'isSealed'>,
  compiled: CompiledCircuit,
  key: ModelKey | undefined,
): Uint8Array {
  return compiledToBytes(compiled, isSealed && key !== undefined ? (bytes) => key.seal(bytes) : undefined);
}

function openWith(key: ModelKey | undefined, sealed: Uint8Array, where: string): Uint8Array {
  if (key !== undefined) return key.open(sealed, where);
  throw new InputError('the circuit is sealed', { where, hint: 'set CIPHERNET_MODEL_KEY' });
}

/** The last compiled circuits of this thread, by address: a worker's jobs come in flows of the same one. */
const recent = new Map<string, CompiledCircuit>();
const MAX_RECENT = 4;

function remember(digest: string, compiled: CompiledCircuit): { digest: string; compiled: CompiledCircuit } {
  if (recent.size >= MAX_RECENT) for (const oldest of [...recent.keys()].slice(0, 1)) recent.delete(oldest);
  recent.set(digest, compiled);
  return { digest, compiled };
}

/** Where the compiled circuit of a model and a dataset's parameters is, as the worker that compiled it says. */
const COMPILED = refFamily('compiled', signedStatementSchema);

/** What a worker that is accepted has compiled before; nothing, where nobody is trusted. */
async function findCompiled(
  blobs: BlobStore,
  key: string,
  trust: WorkerTrust | undefined,
): Promise<string | undefined> {
  if (trust === undefined) return undefined;
  const known = acceptedCompilation(await COMPILED.find(blobs, key), trust);
  return known?.key === key && (await blobs.has(known.compiled)) ? known.compiled : undefined;
}

/** Circuits that this thread compiled itself, by key. */
const own = new Map<string, string>();

/**
 * The compiled circuit of a model and a dataset.
 *
 * @param trust whose circuits are taken from the store; without it the model is compiled here
 * @param modelKey opens a sealed model, whose circuit is sealed too
 */
export async function ensureCompiled(
  blobs: BlobStore,
  modelDigest: string,
  manifest: DatasetManifest,
  trust?: WorkerTrust,
  modelKey?: ModelKey,
): Promise<{ readonly digest: string; readonly compiled: CompiledCircuit }> {
  const { parameters, inputScale, mode, transform } = manifest;
  const key = sha256Hex(
    [COMPILER_VERSION, modelDigest, parametersDigest(parameters), inputScale, mode, transformName(transform)].join(' '),
  );
  const known = own.get(key) ?? (await findCompiled(blobs, key, trust));
  const compiledBefore = known === undefined ? undefined : recent.get(known);
  if (known !== undefined && compiledBefore !== undefined) return { digest: known, compiled: compiledBefore };
  if (known !== undefined && trust !== undefined) {
    const text = new TextDecoder().decode(await blobs.get(known));
    const open = (sealed: Uint8Array): Uint8Array => openWith(modelKey, sealed, known);
    return remember(known, compiledFromJson(parseJson(text, known), known, open));
  }
  const model = await loadModel(blobs, modelDigest, modelKey);
  const compiled = compileForDataset(model, manifest);
  const { digest } = await blobs.put(circuitBytes(model, compiled, modelKey));
  if (trust !== undefined) await COMPILED.set(blobs, key, signCompilation({ key, compiled: digest }, trust));
  own.set(key, digest);
  if (own.size > MAX_RECENT) for (const oldest of [...own.keys()].slice(0, 1)) own.delete(oldest);
  return remember(digest, compiled);
}
