import { type Batch, type BatchHeader, batchToBytes, shardHeader } from '@ciphernet/artifacts';
import { type RingName, createParameters } from '@ciphernet/ckks';
import { type CompiledCircuit, type IntegerMap, type QuantisedCircuit, deriveScales } from '@ciphernet/compiler';

/** Of weights with 10 bits, the most that a compiled circuit may hold. */
const MOST = 511;

/** Scales this small stay below any modulus, so no engine has a reason to refuse the circuit. */
const INPUT_SCALE = 4;
const WEIGHT_SCALE = 1;

const RING_DEGREE = 1024;

export interface RawOptions {
  /** Features, outputs of each map. */
  readonly widths: readonly number[];
  readonly primeBits: readonly number[];
  /** Primes dropped after each map; default none. */
  readonly rescales?: readonly number[];
  readonly ring?: RingName;
  /** Only the largest and the smallest weights there are. */
  readonly extreme?: boolean;
}

/** A circuit of sparse random blocks, planned without regard to precision: residues only. */
export function rawCompiled(
  { widths, primeBits, rescales = [], ring = 'standard', extreme = false }: RawOptions,
  random: () => number,
): CompiledCircuit {
  const parameters = createParameters(RING_DEGREE, primeBits, 30, ring);
  const weight = (): number =>
    extreme ? (random() < 0.5 ? -MOST : MOST) : Math.floor(random() * (2 * MOST + 1)) - MOST;
  const maps = widths.slice(1).map((outputs, m): IntegerMap => {
    const inputs = widths[m] ?? 1;
    const blocks: IntegerMap['blocks'][number][] = [];
    for (let from = 0; from < outputs;) {
      const count = Math.min(outputs - from, 1 + Math.floor(random() * 6));
      const own = Array.from({ length: inputs }, (_, i) => i).filter(() => random() < 0.7);
      blocks.push({
        outputs: Array.from({ length: count }, (_, i) => from + i),
        inputs: own,
        weights: Int16Array.from({ length: count * own.length }, weight),
      });
      from += count;
    }
    // Biases of either sign, beyond every prime.
    const bias = Float64Array.from({ length: outputs }, () => (random() - 0.5) * 2 ** 40);
    return { inputs, outputs, blocks, bias, scale: WEIGHT_SCALE };
  });
  const circuit: QuantisedCircuit = { name: 'raw', maps };
  const steps = maps.map((_, m) => ({ weightScale: WEIGHT_SCALE, rescales: rescales[m] ?? 0 }));
  const scales = deriveScales(parameters.primes, INPUT_SCALE, steps);
  return {
    circuit,
    transform: { crop: 0, mean: 1 },
    plan: {
      parameters,
      mode: 'public',
      inputScale: INPUT_SCALE,
      maps: scales.map(({ before, after }, m) => ({
        weightBits: 10,
        weightScale: WEIGHT_SCALE,
        rescales: rescales[m] ?? 0,
        scaleBefore: before,
        scaleAfter: after,
        headroomBits: 1,
      })),
      resultPrimes: scales.at(-1)?.primesLeft ?? 1,
      resultScale: scales.at(-1)?.after ?? 1,
      predictedError: { deviation: 0, bound: 0 },
      roundingDeviation: 0,
    },
  };
}

/** A shard of arbitrary residues, extreme ones among them: engines do not care whether anything was encrypted. */
export function rawShard(compiled: CompiledCircuit, tile: number, random: () => number): Batch {
  const { parameters, inputScale } = compiled.plan;
  const shard = {
    parameters,
    keyFingerprint: 'e'.repeat(64),
    ciphertexts: compiled.circuit.maps[0]?.inputs ?? 0,
    images: 1,
    tile,
    scale: inputScale,
  };
  const header: BatchHeader = shardHeader(shard);
  const perPrime = header.ciphertexts * 2 * RING_DEGREE;
  const residues = new Uint32Array(perPrime * header.primes.length);
  residues.forEach((_, i) => {
    const p = header.primes[Math.floor(i / perPrime)] ?? 1;
    const special = [0, 1, p - 1, (p - 1) / 2, (p + 1) / 2];
    const pick = random();
    residues[i] = pick < 0.25 ? (special[Math.floor(pick * 20)] ?? 0) : Math.floor(random() * p);
  });
  return { header, residues };
}

/** A shard as its file holds it. */
export function shardBytes({ header, residues }: Batch): Uint8Array {
  return batchToBytes(header, residues);
}
