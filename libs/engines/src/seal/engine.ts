import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Batch, readBatch, rowOffset } from '@ciphernet/artifacts';
import { componentsAfter } from '@ciphernet/ckks';
import { type CompiledCircuit, type IntegerMap, multiplicationsOf } from '@ciphernet/compiler';
import { elementAt } from '@ciphernet/foundation';
import { residueOf } from '@ciphernet/ring';
import {
  type Ciphertext,
  type Evaluator,
  type Plaintext,
  type SealContext,
  ciphertextFromResidues,
  constantPlaintext,
  createSealContext,
  loadEvaluationSeal,
  nodeSealVersion,
  residuesOfCiphertext,
} from '@ciphernet/seal';
import { type Engine, type EvaluateOptions, assertEvaluable, biasInteger, resultHeader } from '../engine.js';
import { codeVersion } from '../result-code.js';

/** Where an input of a map is used: the output, and the integer weight. */
interface Use {
  readonly output: number;
  readonly weight: number;
}

function usesByInput(map: IntegerMap): Use[][] {
  const uses: Use[][] = Array.from({ length: map.inputs }, () => []);
  for (const block of map.blocks) {
    block.outputs.forEach((output, r) => {
      block.inputs.forEach((input, i) => {
        const weight = elementAt(block.weights, r * block.inputs.length + i);
        if (weight !== 0) uses[input]?.push({ output, weight });
      });
    });
  }
  return uses;
}

/** One linear map on the way: inputs arrive one by one, sums grow, nothing else is kept. */
interface Stage {
  readonly arrive: (input: number, ciphertext: Ciphertext) => void;
  /** Sums with bias and after the plan's rescales; an output that no weight reaches is a zero plus its bias. */
  readonly finish: () => Ciphertext[];
}

function createStage(
  context: SealContext,
  evaluator: Evaluator,
  compiled: CompiledCircuit,
  index: number,
  limbs: number,
): Stage {
  const { seal } = context;
  const map = compiled.circuit.maps[index];
  const plan = compiled.plan.maps[index];
  if (map === undefined || plan === undefined) throw new RangeError(`no map ${index}`);
  const uses = usesByInput(map);
  const sums = new Map<number, Ciphertext>();
  const integers = new Map<number, Plaintext>();
  const integer = (weight: number): Plaintext => {
    let plaintext = integers.get(weight);
    if (plaintext === undefined) {
      plaintext = constantPlaintext(context, { limbs, scale: 1 }, (prime) => residueOf(BigInt(weight), prime));
      integers.set(weight, plaintext);
    }
    return plaintext;
  };
  return {
    arrive(input, ciphertext) {
      for (const { output, weight } of elementAt(uses, input)) {
        const product = new seal.Ciphertext();
        evaluator.multiplyPlain(ciphertext, integer(weight), product);
        const sum = sums.get(output);
        if (sum === undefined) sums.set(output, product);
        else {
          evaluator.addInplace(sum, product);
          product.delete();
        }
      }
    },
    finish() {
      for (const plaintext of integers.values()) plaintext.delete();
      return Array.from({ length: map.outputs }, (_, output) => {
        const components = componentsAfter(index);
        const sum =
          sums.get(output) ??
          ciphertextFromResidues(context, { components, limbs, scale: plan.scaleBefore }, (_c, _l, into) =>
            into.fill(0),
          );
        sum.setScale(plan.scaleBefore);
        const bias = biasInteger(elementAt(map.bias, output), plan.scaleBefore);
        using constant = constantPlaintext(context, { limbs, scale: plan.scaleBefore }, (prime) =>
          residueOf(bias, prime),
        );
        evaluator.addPlainInplace(sum, constant);
        for (let r = 0; r < plan.rescales; r++) evaluator.rescaleToNextInplace(sum);
        sum.setScale(plan.scaleAfter);
        return sum;
      });
    },
  };
}

async function evaluateWithSeal(compiled: CompiledCircuit, shard: Batch, options: EvaluateOptions): Promise<Batch> {
  const { plan, circuit } = compiled;
  const { header } = shard;
  const seal = await loadEvaluationSeal();
  using context = createSealContext(seal, plan.parameters);
  using evaluator = new seal.Evaluator(context.context);
  const tiles = header.ringDegree / header.tile;
  const work = circuit.maps.map((map, i) => multiplicationsOf(map) * componentsAfter(i));
  const total = work.reduce((sum, own) => sum + own, 0);
  let finished = 0;
  let limbs = header.primes.length;

  const load = (feature: number): Ciphertext =>
    ciphertextFromResidues(context, { components: 2, limbs, scale: header.scale }, (component, limb, into) => {
      for (let tile = 0; tile < tiles; tile++) {
        const at = rowOffset(header, limb, tile, feature, component);
        into.set(shard.residues.subarray(at, at + header.tile), tile * header.tile);
      }
    });

  let values: Ciphertext[] = [];
  for (let index = 0; index < circuit.maps.length; index++) {
    const stage = createStage(context, evaluator, compiled, index, limbs);
    const inputs = elementAt(circuit.maps, index).inputs;
    for (let input = 0; input < inputs; input++) {
      options.signal?.throwIfAborted();
      const held = index === 0 ? load(input) : values[input];
      if (held === undefined) throw new RangeError(`no value ${input} for map ${index}`);
      if (index > 0) evaluator.squareInplace(held);
      stage.arrive(input, held);
      held.delete();
      options.onProgress?.((finished + ((input + 1) / inputs) * elementAt(work, index)) / total);
      if (input % 8 === 7) await nextTurn();
    }
    finished += elementAt(work, index);
    values = stage.finish();
    limbs -= elementAt(plan.maps, index).rescales;
  }

  const result = resultHeader(compiled, header);
  const layout = { ...result, tile: result.ringDegree };
  const residues = new Uint32Array(result.primes.length * result.ciphertexts * result.components * result.ringDegree);
  values.forEach((ciphertext, output) => {
    const all = residuesOfCiphertext(context, ciphertext);
    for (let limb = 0; limb < result.primes.length; limb++) {
      for (let component = 0; component < result.components; component++) {
        // Dropping a prime without dividing is leaving its residues out.
        const from = (component * all.limbs + limb) * result.ringDegree;
        residues.set(all.words.subarray(from, from + result.ringDegree), rowOffset(layout, limb, 0, output, component));
      }
    }
    ciphertext.delete();
  });
  return { header: result, residues };
}

/**
 * The reference: node-seal's own evaluator, one scalar product at a time. Slow and right. Holds the outputs of two
 * neighbouring maps in SEAL's memory: about 1.3 GB for 1,024 squared units at N = 8192 with four primes.
 */
export const sealEngine: Engine = {
  name: 'seal',
  get version() {
    return `seal-1 ${codeVersion()} (node-seal ${nodeSealVersion()})`;
  },
  capabilities: { maxThreads: 1, sharedSources: [] },
  async evaluate(compiled, shard, options = {}) {
    assertEvaluable(compiled, shard.header);
    return evaluateWithSeal(compiled, readBatch(shard, 'shard'), options);
  },
};
