// From a network to a compiled circuit: integer weights, CKKS parameters, scales and rescales, with the reasons.
//   node examples/dist/plan-a-network.js
import { type CompiledCircuit, calibrate, compile, explainPlan, lower, roundingBasis } from '@ciphernet/compiler';
import { NO_TRANSFORM } from '@ciphernet/datasets';
import { randomFeatures, randomNetwork } from './random-network.js';
import { runAsProgram } from './run-as-program.js';

const SIDE = 14;

export interface PlannedNetwork {
  readonly compiled: CompiledCircuit;
  /** The planner's reasoning, a line a fact. */
  readonly explanation: string;
}

export function main(): PlannedNetwork {
  const network = randomNetwork(SIDE, 4, 32, 10);
  // Alternating linear maps and squares; neighbouring linear layers become one map.
  const circuit = lower(network);
  // Ranges and noise gains, measured on public examples: never on the data that will be encrypted.
  const examples = randomFeatures(200, SIDE, 1);
  const calibration = calibrate(circuit, examples);
  const compiled = compile(
    { circuit, calibration, basis: roundingBasis(circuit, examples), transform: NO_TRANSFORM },
    { mode: 'public' },
  );
  return { compiled, explanation: explainPlan(compiled.plan, compiled.circuit) };
}

await runAsProgram(import.meta.url, () => console.log(main().explanation));
