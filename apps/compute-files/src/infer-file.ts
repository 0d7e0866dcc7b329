import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  type BatchEntry,
  type BatchHeader,
  type BatchList,
  openBatchFile,
  readBatchList,
  writeBatchFile,
  writeBatchList,
} from '@ciphernet/artifacts';
import { parametersDigest, slotsOf } from '@ciphernet/ckks';
import type { ClientSide } from '@ciphernet/compiler';
import {
  type OpenShard,
  engineNamed,
  evaluateProducts,
  evaluateShard,
  hashOnHelper,
  openProductsFile,
  openShard,
  productsToBytes,
  startHelpers,
} from '@ciphernet/engines';
import { IntegrityError, writeFolder } from '@ciphernet/foundation';
import { circuitPath, readCircuit, readClientPart } from './compiled-folder.js';
import { threadsFor } from './early-helpers.js';

/** From a folder of encrypted batches to one of encrypted outputs. */
export interface InferFileOptions {
  readonly engine: string;
  /** Most threads; default all cores. */
  readonly threads?: number | undefined;
  /** Puts the folder in the place of one that is there. */
  readonly replace: boolean;
  readonly signal: AbortSignal;
}

/** What was evaluated, and how long each step took, in seconds. */
export interface InferredFile {
  readonly examples: number;
  readonly steps: Readonly<Record<string, number>>;
}

/** @throws IntegrityError unless the batches were encrypted for this model */
function checkList(list: BatchList, client: ClientSide, where: string): void {
  if (list.circuit === client.circuit && list.parametersDigest === parametersDigest(client.parameters)) return;
  throw new IntegrityError('the batches were encrypted for another compiled model', {
    where,
    hint: 'make keys for this one (ciphernet keys create --for), and encrypt with them',
  });
}

/** A batch's own header must say what the list says. */
function checkHeader(header: BatchHeader, list: BatchList, images: number, where: string): void {
  if (header.keyFingerprint === list.keyFingerprint && header.images === images) return;
  throw new IntegrityError('the batch is not of this list (key or number of examples differ)', {
    where,
    hint: 'encrypt again',
  });
}

/** Evaluates batches in their order, each from its file to the bytes of its result. */
interface BatchEvaluator extends Disposable {
  evaluate(entry: BatchEntry, index: number): Promise<Uint8Array>;
}

/** Of whole batches, on as many threads as they are worth. */
async function slotsEvaluator(
  model: string,
  client: ClientSide,
  { list, input }: { readonly list: BatchList; readonly input: string },
  options: InferFileOptions,
): Promise<BatchEvaluator> {
  const engine = engineNamed(options.engine);
  const most = Math.min(options.threads ?? availableParallelism(), engine.capabilities.maxThreads);
  const bytes = list.batches.reduce((sum, entry) => sum + entry.bytes, 0);
  const threads = threadsFor(bytes, most);
  // They load their modules while this thread reads the model.
  startHelpers(threads - 1);
  const open = (index: number): OpenShard | undefined => {
    const entry = list.batches[index];
    if (entry === undefined) return undefined;
    const path = join(input, entry.file);
    const check = (header: BatchHeader): void => checkHeader(header, list, entry.examples, path);
    // Where there is a helper, it hashes what is evaluated next while this thread ends what is before it.
    return openShard({ path, digest: entry.sha256, check, ...(threads > 1 ? { hash: hashOnHelper } : {}) });
  };
  let next = open(0);
  const dispose = (): void => next?.[Symbol.dispose]();
  try {
    const compiled = await readCircuit(model, client);
    return {
      async evaluate(_entry, index) {
        using shard = next;
        next = undefined;
        if (shard === undefined) throw new RangeError(`batch ${index} is not open`);
        const result = evaluateShard(engine, compiled, shard, { threads, signal: options.signal });
        let bytes: Uint8Array;
        try {
          // The evaluation has begun: helpers were asked for it first.
          next = open(index + 1);
        } finally {
          bytes = await result;
        }
        return bytes;
      },
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Of examples that come singly. */
function productsEvaluator(
  model: string,
  { list, input }: { readonly list: BatchList; readonly input: string },
  signal: AbortSignal,
): BatchEvaluator {
  const products = openProductsFile(circuitPath(model, 'products'));
  const evaluate = (entry: BatchEntry): Promise<Uint8Array> => {
    signal.throwIfAborted();
    const path = join(input, entry.file);
    using shard = openBatchFile(path, entry.sha256);
    checkHeader(shard.header, list, slotsOf(products.header.parameters), path);
    const result = evaluateProducts(products, shard, path);
    shard.verify();
    return Promise.resolve(productsToBytes(result));
  };
  return { evaluate, [Symbol.dispose]: () => undefined };
}

/**
 * Evaluates a compiled model on a folder of encrypted batches: what a worker does, with files in the place of store and queue. No key
 * takes part.
 *
 * @throws InputError for folders that are none, IntegrityError for batches that are damaged or made for another model
 */
export async function inferFile(
  model: string,
  input: string,
  output: string,
  options: InferFileOptions,
): Promise<InferredFile> {
  const steps: Record<string, number> = {};
  let last = performance.now();
  const note = (step: string): void => {
    const now = performance.now();
    steps[step] = (steps[step] ?? 0) + (now - last) / 1000;
    last = now;
  };
  const list = await readBatchList(input, 'examples');
  const client = await readClientPart(model);
  checkList(list, client, input);
  const batches = { list, input };
  using evaluator =
    client.packing === 'products'
      ? productsEvaluator(model, batches, options.signal)
      : await slotsEvaluator(model, client, batches, options);
  note('read model');
  return await writeFolder(output, { replace: options.replace }, async (folder) => {
    const entries: BatchEntry[] = [];
    for (const [index, entry] of list.batches.entries()) {
      const result = await evaluator.evaluate(entry, index);
      note('evaluate');
      entries.push(await writeBatchFile(folder, index, entry.examples, [result]));
      note('write');
    }
    const { circuit, parametersDigest: digest, keyFingerprint, examples } = list;
    await writeBatchList(folder, {
      kind: 'outputs',
      circuit,
      parametersDigest: digest,
      keyFingerprint,
      examples,
      batches: entries,
    });
    return { examples, steps };
  });
}
