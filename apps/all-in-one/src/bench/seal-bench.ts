import { type BatchSource, batchSource } from '@ciphernet/artifacts';
import { componentsAfter } from '@ciphernet/ckks';
import { type CompiledCircuit, multiplicationsOf } from '@ciphernet/compiler';
import { engineNamed } from '@ciphernet/engines';
import { elementAt } from '@ciphernet/foundation';

/** Scalar products times components: what the reference engine's time grows with. */
function work(compiled: CompiledCircuit): number {
  return compiled.circuit.maps.reduce((sum, map, i) => sum + multiplicationsOf(map) * componentsAfter(i), 0);
}

/** The same circuit with some blocks of the first map and some outputs of the others: a slice of the same work. */
function slice(compiled: CompiledCircuit, blocks: number, hidden: number): CompiledCircuit {
  const [first, ...rest] = compiled.circuit.maps;
  if (first === undefined) return compiled;
  const kept = first.blocks.slice(0, blocks);
  let inputs = new Set(kept.flatMap((block) => block.outputs));
  const maps = [{ ...first, blocks: kept }];
  rest.forEach((map, i) => {
    const outputs = i === rest.length - 1 ? map.outputs : hidden;
    maps.push({
      ...map,
      blocks: map.blocks.map((block) => {
        const columns = block.inputs.flatMap((input, k) => (inputs.has(input) ? [k] : []));
        const own = block.outputs.filter((output) => output < outputs);
        const weights = own.flatMap((_, r) =>
          columns.map((k) => elementAt(block.weights, r * block.inputs.length + k)),
        );
        return {
          outputs: own,
          inputs: columns.map((k) => elementAt(block.inputs, k)),
          weights: Int16Array.from(weights),
        };
      }),
    });
    inputs = new Set(Array.from({ length: outputs }, (_, o) => o));
  });
  return { ...compiled, circuit: { ...compiled.circuit, maps } };
}

/**
 * Seconds that the reference engine would take for the whole circuit on one shard, from a slice of its outputs scaled
 * by the operation count. Loading the features, which the slice pays in full, is measured apart and not scaled.
 */
export async function sealSecondsScaled(
  compiled: CompiledCircuit,
  shard: BatchSource,
): Promise<{ readonly seconds: number; readonly slice: number }> {
  const engine = engineNamed('seal');
  const time = async (part: CompiledCircuit): Promise<number> => {
    const from = performance.now();
    await engine.evaluate(part, shard);
    return (performance.now() - from) / 1000;
  };
  const none = slice(compiled, 1, 1);
  const part = slice(compiled, 4, 16);
  // Outputs that no block reaches are zeros plus a bias: both slices pay for them alike.
  const overhead = await time(none);
  const measured = await time(part);
  const perWork = (measured - overhead) / (work(part) - work(none));
  return { seconds: overhead + perWork * (work(compiled) - work(none)), slice: work(part) / work(compiled) };
}

/** A shard in memory, so that reading files is no part of the comparison. */
export function inMemory(source: BatchSource): BatchSource {
  const { header } = source;
  const words = header.ciphertexts * header.components * header.ringDegree;
  const residues = new Uint32Array(words * header.primes.length);
  header.primes.forEach((_, prime) => {
    source.readTiles(prime, 0, residues.subarray(prime * words, (prime + 1) * words));
  });
  return batchSource({ header, residues });
}
