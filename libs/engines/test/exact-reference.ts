import type { Batch } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';

/**
 * An exact reference that shares no code with the engines: plain BigInt arithmetic on residues, one coefficient at a
 * time, following the definition. Returns, for the last map before any rescale, [component][output] per coefficient.
 */
export function exactOutputs(compiled: CompiledCircuit, batch: Batch, prime: number, coefficient: number): bigint[][] {
  const { header, residues } = batch;
  const p = BigInt(header.primes[prime] ?? 0);
  const mod = (x: bigint): bigint => ((x % p) + p) % p;
  const tiles = header.ringDegree / header.tile;
  const at = (ciphertext: number, component: number): bigint => {
    const tile = Math.floor(coefficient / header.tile);
    const row = ((prime * tiles + tile) * header.components + component) * header.ciphertexts + ciphertext;
    return BigInt(residues[row * header.tile + (coefficient % header.tile)] ?? 0);
  };
  let values = Array.from({ length: 2 }, (_, c) => Array.from({ length: header.ciphertexts }, (_x, i) => at(i, c)));
  compiled.circuit.maps.forEach((map, m) => {
    if (m > 0) values = squareComponents(values, mod);
    const plan = compiled.plan.maps[m];
    values = values.map((inputs, component) => {
      const outputs = new Array<bigint>(map.outputs).fill(0n);
      for (const block of map.blocks) {
        block.outputs.forEach((output, r) => {
          block.inputs.forEach((input, k) => {
            outputs[output] =
              (outputs[output] ?? 0n) + BigInt(block.weights[r * block.inputs.length + k] ?? 0) * (inputs[input] ?? 0n);
          });
        });
      }
      return outputs.map((sum, output) => {
        const bias = component === 0 ? BigInt(Math.round((map.bias[output] ?? 0) * (plan?.scaleBefore ?? 1))) : 0n;
        return mod(sum + bias);
      });
    });
  });
  return values;
}

/** (Σ c_i s^i)² by its coefficients in s. */
function squareComponents(values: bigint[][], mod: (x: bigint) => bigint): bigint[][] {
  const count = values.length;
  const width = values[0]?.length ?? 0;
  return Array.from({ length: 2 * count - 1 }, (_, k) =>
    Array.from({ length: width }, (_x, i) => {
      let sum = 0n;
      for (let a = 0; a < count; a++) {
        const b = k - a;
        if (b >= 0 && b < count) sum += (values[a]?.[i] ?? 0n) * (values[b]?.[i] ?? 0n);
      }
      return mod(sum);
    }),
  );
}
