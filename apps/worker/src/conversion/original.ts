import type { WorkerTrust } from '@ciphernet/attestation';
import type { BlobStore } from '@ciphernet/blobs';
import { type Teacher, readTeacher, runTeacher } from '@ciphernet/conversion';
import { onnxFromBytes } from '@ciphernet/formats';
import { InputError, IntegrityError, digestSchema, elementAt, lastOf, sha256Hex } from '@ciphernet/foundation';
import { type ModelPart, digestOfParts, openOnnxRuntime, openedWhenUsed } from '@ciphernet/models';
import { z } from 'zod';
import { progressFamily } from '../signed-progress.js';
import type { ExamplePart } from './conversion-data.js';

/** A network that is converted, and the runtime that says what it gives. */
export interface Original {
  readonly teacher: Teacher;
  /** Of its files. */
  readonly digest: string;
  /** Whose scores they are. */
  runtime(): string;
  /** Scores by ONNX Runtime, count × outputs. @param onProgress share, 0 to 1 */
  run(values: Float32Array, onProgress: (share: number) => void, signal?: AbortSignal): Promise<Float32Array>;
  /** Gives the runtime's memory back; it is opened again where it is needed. */
  close(): Promise<void>;
}

/** Scores that were computed before, by what they were computed from. */
const SCORES = progressFamily('original-scores', z.strictObject({ scores: digestSchema }));

/** Examples that are compared with our own reading of the network, and between two signs of life. */
const COMPARED = 64;
const CHUNK = 1024;
/** Runtimes compute in single precision: so much of the largest score may differ. */
const TOLERANCE = 1e-3;
/** Largest blob of scores: of a million examples and 256 outputs. */
const MOST_BYTES = 2 ** 30;

/**
 * Opens the original's files.
 *
 * @param parts the ONNX file first, then what lies beside it
 * @param name for errors
 * @throws UnsupportedError naming node and operator for a network that cannot be converted
 */
export function openOriginal(parts: readonly ModelPart[], name: string): Original {
  const [file, ...external] = parts;
  if (file === undefined) throw new IntegrityError('a model without a file', { where: name });
  const { graph } = onnxFromBytes(file.bytes, name, new Map(external.map((part) => [part.name, part.bytes])));
  const teacher = readTeacher(graph, name);
  const { input, nodes, scores } = teacher;
  const outputs = lastOf(nodes).shape.channels;
  const { height, width, channels } = elementAt(nodes, 0).shape;
  const size = height * width * channels;
  const isOutput = graph.outputs.some((output) => output.name === scores && output.kind === 'tensor');
  const opened = openedWhenUsed(() =>
    openOnnxRuntime(file.bytes, external, {
      ...input,
      outputs,
      batch: graph.inputs[0]?.shape?.[0],
      scores: { name: scores, isFirst: true, isOutput },
      head: 'identity',
    }),
  );
  let runtimeName = 'ONNX Runtime';
  return {
    teacher,
    digest: digestOfParts(parts),
    runtime: () => runtimeName,
    async run(values, onProgress, signal) {
      const runtime = await opened.runtime();
      runtimeName = runtime.name;
      const count = values.length / size;
      const result = new Float32Array(count * outputs);
      for (let from = 0; from < count; from += CHUNK) {
        signal?.throwIfAborted();
        result.set(await runtime.run(values.subarray(from * size, (from + CHUNK) * size)), from * outputs);
        onProgress(Math.min(1, (from + CHUNK) / count));
      }
      return result;
    },
    close: () => opened.close(),
  };
}

/** @throws InputError where our own reading of the network gives other scores than the runtime */
function assertSameReading({ teacher }: Original, values: Float32Array, scores: Float32Array, count: number): void {
  const compared = Math.min(count, COMPARED);
  const ours = runTeacher(teacher, values.subarray(0, (values.length / count) * compared));
  let [largest, apart] = [1, 0];
  ours.forEach((score, i) => {
    largest = Math.max(largest, Math.abs(score));
    const difference = Math.abs(score - (scores[i] ?? NaN));
    // Written so that NaN is the largest difference there is.
    if (!(difference <= apart)) apart = Number.isNaN(difference) ? Infinity : difference;
  });
  if (apart <= TOLERANCE * largest) return;
  throw new InputError(`ONNX Runtime gives other scores than our reading of the network, by ${apart.toPrecision(3)}`, {
    where: `model ${teacher.name}`,
    hint: 'the network is not read as its author meant it: please report this, with the file',
  });
}

/**
 * Scores of the original on examples, computed once and kept: a conversion that goes on takes them from the store, where a worker signed
 * them whom this one accepts.
 *
 * @throws InputError where our own reading of the network gives others: weights would be copied to the wrong places
 */
export async function scoresOfOriginal(
  original: Original,
  part: ExamplePart,
  { blobs, trust, signal }: { readonly blobs: BlobStore; readonly trust: WorkerTrust; readonly signal?: AbortSignal },
  onProgress: (share: number) => void,
): Promise<Float32Array> {
  const { values, count } = part;
  const data = sha256Hex(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const key = sha256Hex(`${original.digest} ${data}`);
  const known = await SCORES.get(blobs, key, trust);
  if (known !== undefined && (await blobs.has(known.scores))) {
    const bytes = await blobs.get(known.scores, MOST_BYTES);
    const scores = new Float32Array(new Uint8Array(bytes).buffer);
    if (scores.length === count * lastOf(original.teacher.nodes).shape.channels) return scores;
  }
  const scores = await original.run(values, onProgress, signal);
  assertSameReading(original, values, scores, count);
  const { digest } = await blobs.put(new Uint8Array(scores.buffer));
  await SCORES.set(blobs, key, { scores: digest }, trust);
  return scores;
}
