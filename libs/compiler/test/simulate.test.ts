import { describe, expect, it } from '@jest/globals';
import { calibrate } from '../src/calibrate.js';
import type { Circuit } from '../src/circuit.js';
import { compileCircuit } from '../src/compile.js';
import { evaluateCircuit } from '../src/evaluate-circuit.js';
import { planCircuit } from '../src/planner.js';
import { dequantise } from '../src/quantise.js';
import { simulateCircuit } from '../src/simulate.js';

/** Box–Muller over a deterministic generator. */
function normalSource(): () => number {
  let state = 12345;
  const uniform = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return () => Math.sqrt(-2 * Math.log(uniform() + 2 ** -33)) * Math.cos(2 * Math.PI * uniform());
}

const range = (length: number): number[] => Array.from({ length }, (_, k) => k);
const layer = (inputs: number, outputs: number): Circuit['maps'][number] => ({
  inputs,
  outputs,
  bias: new Float64Array(outputs).fill(0.1),
  blocks: [
    {
      outputs: range(outputs),
      inputs: range(inputs),
      weights: Float64Array.from({ length: inputs * outputs }, (_, k) => Math.sin(3 * k) / Math.sqrt(inputs)),
    },
  ],
});
const circuit: Circuit = { name: 'simulated', maps: [layer(12, 8), layer(8, 6), layer(6, 4)] };

describe('simulation', () => {
  it('errs as much as the plan predicts for the worst example, and not much less', () => {
    const features = Float32Array.from({ length: 12 * 200 }, (_, i) => Math.abs(Math.sin(i)));
    const plan = planCircuit(circuit, calibrate(circuit, features, 200), { mode: 'public' });
    const quantised = dequantise(compileCircuit(circuit, plan, { crop: 0, mean: 1 }).circuit);
    const exact = evaluateCircuit(quantised, features);
    const simulated = simulateCircuit(quantised, plan, features, normalSource());
    let sum = 0;
    simulated.forEach((value, i) => (sum += (value - (exact[i] ?? NaN)) ** 2));
    const rms = Math.sqrt(sum / exact.length);
    expect(rms).toBeLessThan(plan.predictedError.deviation * 1.1);
    expect(rms).toBeGreaterThan(plan.predictedError.deviation / 10);
  });

  it('without noise is the quantised circuit', () => {
    const features = Float32Array.from({ length: 12 * 3 }, (_, i) => i / 36);
    const plan = planCircuit(circuit, calibrate(circuit, features), { mode: 'symmetric' });
    expect(simulateCircuit(circuit, plan, features, () => 0)).toEqual(evaluateCircuit(circuit, features));
  });
});
