import type * as ort from 'onnxruntime-web';
import { onnxWithOutput } from '@ciphernet/formats';
import { InputError, UnavailableError, messageOf } from '@ciphernet/foundation';
import type { ModelAnswers } from '../model-store.js';
import type { PlainRuntime } from './interpret.js';
import type { ModelPart } from './model-source.js';

/** What a model reads and gives, as its graph says. */
export interface OnnxInput {
  readonly name: string;
  /** Without the batch. */
  readonly shape: readonly number[];
  readonly layout: 'flat' | 'nchw' | 'nhwc';
  readonly outputs: number;
  /** Examples at a time that the graph takes; undefined where it takes any. */
  readonly batch: number | undefined;
  /** The value that the circuit's outputs are; of both classes of one, the first is it or the last. An output of the graph, or a value inside. */
  readonly scores: { readonly name: string; readonly isFirst: boolean; readonly isOutput: boolean };
  /** The head that the value has and the circuit does not. */
  readonly head: ModelAnswers['link'];
}

/** Examples at a time, where the graph does not say how many. */
const BATCH = 256;

/** Probabilities of single precision come no closer to 1, nor is more made of those close to 0. */
const LEAST_PROBABILITY = 2 ** -24;

type Runtime = typeof ort;

async function loadRuntime(): Promise<Runtime> {
  try {
    return await import('onnxruntime-web');
  } catch (cause) {
    throw new UnavailableError('onnxruntime-web is not installed', {
      where: 'the plain model',
      hint: 'install with optional dependencies, or evaluate without a comparison',
      cause,
    });
  }
}

/** Images by rows with channels innermost, as ONNX has them: channels outermost. */
function toPlanes(values: Float32Array, [channels = 1, height = 1, width = 1]: readonly number[]): Float32Array {
  const size = height * width;
  const planes = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += size * channels) {
    for (let p = 0; p < size; p++) {
      for (let c = 0; c < channels; c++) planes[from + c * size + p] = values[from + p * channels + c] ?? 0;
    }
  }
  return planes;
}

const logOf = (probability: number): number => Math.log(Math.max(probability, LEAST_PROBABILITY));

/** Outputs of the graph as those of the circuit: a head that was cut from it is undone. */
function withoutHead(values: Float32Array, columns: number, { outputs, head, scores }: OnnxInput): Float32Array {
  const count = values.length / columns;
  const out = new Float32Array(count * outputs);
  for (let n = 0; n < count; n++) {
    const at = n * columns;
    for (let k = 0; k < outputs; k++) {
      const value = values[at + (outputs > 1 ? k : scores.isFirst ? 0 : columns - 1)] ?? NaN;
      if (head === 'softmax') out[n * outputs + k] = logOf(value);
      else if (head === 'sigmoid') out[n * outputs + k] = logOf(value) - logOf(1 - value);
      else out[n * outputs + k] = value;
    }
  }
  return out;
}

/**
 * Opens an ONNX model in ONNX Runtime, which shares no code with the circuit.
 *
 * @throws UnavailableError where the runtime is not installed, InputError for a model that it does not read
 */
export async function openOnnxRuntime(
  bytes: Uint8Array,
  external: readonly ModelPart[],
  input: OnnxInput,
): Promise<PlainRuntime> {
  const runtime = await loadRuntime();
  runtime.env.logLevel = 'error';
  const output = input.scores.name;
  let session: ort.InferenceSession;
  try {
    session = await runtime.InferenceSession.create(input.scores.isOutput ? bytes : onnxWithOutput(bytes, output), {
      executionProviders: ['wasm'],
      externalData: external.map(({ name, bytes: data }) => ({ path: name, data })),
    });
  } catch (cause) {
    throw new InputError(`ONNX Runtime does not read the model: ${messageOf(cause)}`, { where: input.name, cause });
  }
  const size = input.shape.reduce((product, length) => product * length, 1);
  const runBatch = async (values: Float32Array): Promise<Float32Array> => {
    const count = values.length / size;
    const fed = input.layout === 'nchw' ? toPlanes(values, input.shape) : values;
    const results = await session.run({ [input.name]: new runtime.Tensor('float32', fed, [count, ...input.shape]) }, [
      output,
    ]);
    const result = results[output];
    const data = Float32Array.from((result?.data ?? []) as Float32Array | Float64Array);
    return withoutHead(data, data.length / count, input);
  };
  return {
    name: `ONNX Runtime ${runtime.env.versions.web ?? ''}`.trim(),
    head: input.head,
    async run(values) {
      const count = values.length / size;
      const out = new Float32Array(count * input.outputs);
      const most = input.batch ?? BATCH;
      for (let from = 0; from < count; from += most) {
        const part = values.subarray(from * size, Math.min(count, from + most) * size);
        out.set(await runBatch(part), from * input.outputs);
      }
      return out;
    },
    close: () => session.release(),
  };
}
