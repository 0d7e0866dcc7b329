import { lastOf } from '@ciphernet/foundation';
import { onnxFromBytes } from '@ciphernet/formats';
import { expect } from '@jest/globals';
import * as ort from 'onnxruntime-web';
import { evaluateCircuit } from '../src/evaluate-circuit.js';
import { type ImportedCircuit, circuitFromOnnx } from '../src/symbolic/circuit-from-onnx.js';
import { type GraphPlan, modelBytes } from './onnx-graphs.js';
import { lcg } from './random-network.js';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** Values in the order that the circuit reads: of [C, H, W] as height × width × channels. */
export function inCircuitOrder(values: Float32Array, { input }: ImportedCircuit): Float32Array {
  if (input.layout !== 'nchw') return values;
  const [channels = 1, height = 1, width = 1] = input.shape;
  const area = height * width;
  const moved = new Float32Array(values.length);
  values.forEach((value, i) => (moved[(i % area) * channels + Math.floor(i / area)] = value));
  return moved;
}

/** What ONNX Runtime says of one example. */
export async function runOnnx(
  bytes: Uint8Array,
  dims: readonly number[],
  values: Float32Array,
  output?: string,
): Promise<readonly (number | string)[]> {
  const session = await ort.InferenceSession.create(bytes);
  try {
    const wanted = output ?? lastOf(session.outputNames);
    const results = await session.run({ x: new ort.Tensor('float32', values, dims) }, [wanted]);
    const result = results[wanted];
    if (result === undefined) throw new Error('no output');
    return Array.from(result.data as ArrayLike<number | string>);
  } finally {
    await session.release();
  }
}

/**
 * Holds a graph's circuit to ONNX Runtime on random values.
 *
 * @param tolerance relative to the largest value
 * @param scoresOf what the circuit's scores become for the comparison, where a head was cut
 */
export async function expectSame(
  plan: GraphPlan,
  scoresOf: (scores: readonly number[]) => readonly number[] = (scores) => scores,
  output?: string,
  tolerance = 1e-5,
): Promise<ImportedCircuit> {
  const bytes = modelBytes(plan);
  const imported = circuitFromOnnx(onnxFromBytes(bytes, 'test.onnx').graph, 'test');
  const dims = plan.input.map((size, i) => (i === 0 ? 1 : size));
  const random = lcg(plan.input.length * 7 + plan.nodes.length);
  for (let run = 0; run < 3; run++) {
    const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1);
    const expected = (await runOnnx(bytes, dims, values, output)).map(Number);
    const actual = scoresOf([...evaluateCircuit(imported.circuit, inCircuitOrder(values, imported))]);
    expect(actual.length).toBe(expected.length);
    const range = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    actual.forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN)) / range).toBeLessThan(tolerance));
  }
  return imported;
}
