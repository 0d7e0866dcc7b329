import type { Batch, BatchHeader, BatchSource } from '@ciphernet/artifacts';
import { componentsAfter, parametersDigest } from '@ciphernet/ckks';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { IntegrityError, elementAt, lastOf } from '@ciphernet/foundation';

/** How an evaluation is run; nothing here changes its result. */
export interface EvaluateOptions {
  readonly signal?: AbortSignal;
  /**
   * Most threads for this one shard, default 1; an engine takes no more than it declares. Helpers beyond the calling
   * thread join while the process has cores without an evaluation.
   */
  readonly threads?: number;
  /** Fraction of the work done, 0 to 1, never falling. */
  readonly onProgress?: (fraction: number) => void;
}

/** What an engine can do besides the arithmetic; callers offer nothing that is not declared. */
export interface EngineCapabilities {
  /** Most threads that one evaluation can use. */
  readonly maxThreads: number;
  /** Sources that it shares among threads: others are read by the calling thread alone. */
  readonly sharedSources: readonly BatchSource['kind'][];
}

/**
 * Evaluates a compiled circuit on an encrypted shard. Holds no key, needs none.
 *
 * Engines give the same residues, bit for bit: the arithmetic is exact modulo each prime and the rescale is SEAL's. A new
 * engine is a folder beside this file and a line in `engines.ts`; the conformance suite (`test/conformance.ts`) holds it
 * to this.
 */
export interface Engine {
  readonly name: string;
  /** Part of a result's address: changes whenever results could. */
  readonly version: string;
  readonly capabilities: EngineCapabilities;
  /** @throws IntegrityError for a shard that was not made for this circuit, or with residues beyond their prime */
  evaluate(compiled: CompiledCircuit, shard: BatchSource, options?: EvaluateOptions): Promise<Batch>;
}

/** Throws unless the shard was encrypted for this circuit: parameters, features, scale. */
export function assertEvaluable(compiled: CompiledCircuit, header: BatchHeader): void {
  const { plan, circuit } = compiled;
  const fail = (what: string, hint: string): never => {
    throw new IntegrityError(what, { where: `circuit ${circuit.name}`, hint });
  };
  if (header.kind !== 'shard' || header.components !== 2) fail('the batch is not a fresh shard', 'evaluate a shard');
  if (
    header.parametersDigest !== parametersDigest(plan.parameters) ||
    header.ring !== plan.parameters.ring ||
    header.ringDegree !== plan.parameters.ringDegree
  ) {
    fail('the shard was made under other parameters', 'plan the model for this dataset, or encrypt it again');
  }
  if (header.primes.join() !== plan.parameters.primes.join()) {
    fail('the shard does not have all data primes', 'encrypt the dataset again');
  }
  const inputs = elementAt(circuit.maps, 0).inputs;
  if (header.ciphertexts !== inputs) {
    fail(
      `the shard has ${header.ciphertexts} features, the circuit reads ${inputs}`,
      'use a model made for this dataset',
    );
  }
  if (header.scale !== plan.inputScale) {
    fail(`the shard's scale is ${header.scale}, the plan's ${plan.inputScale}`, 'plan the model for this dataset');
  }
}

/** Header of the result of a shard. */
export function resultHeader(compiled: CompiledCircuit, shard: BatchHeader): BatchHeader {
  const { plan, circuit } = compiled;
  return {
    ...shard,
    kind: 'result',
    primes: plan.parameters.primes.slice(0, plan.resultPrimes),
    ciphertexts: lastOf(circuit.maps).outputs,
    components: componentsAfter(circuit.maps.length - 1),
    tile: shard.ringDegree,
    wordBits: 32,
    scale: plan.resultScale,
  };
}

/**
 * The integer that a map's bias is at the scale of its outputs. Doubles carry 53 bits of it, far below the noise; both
 * engines use this one function, so their results stay equal.
 */
export function biasInteger(bias: number, scale: number): bigint {
  return BigInt(Math.round(bias * scale));
}
