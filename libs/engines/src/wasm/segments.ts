import { componentsAfter } from '@ciphernet/ckks';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { UnsupportedError, elementAt } from '@ciphernet/foundation';
import { chooseFeaturePairs } from './feature-pairs.js';
import { MAX_WEIGHT_SUM_PACKED, MAX_WEIGHT_SUM_SQUARED } from './kernels.js';
import { type LaidMap, type Pair, layOnPairs, layOnRows } from './layout.js';

/** One linear map inside a segment. */
export interface SegmentMap {
  /** Index in the circuit. */
  readonly index: number;
  readonly laid: LaidMap;
  readonly components: number;
}

/**
 * Maps that run in one pass over a tile: up to a rescale, which needs whole polynomials, or the end. Only the outputs
 * of a segment's last map are ever stored.
 */
export interface Segment {
  readonly maps: readonly SegmentMap[];
  /** Pairs of the input features; only of the first segment, the others begin with a square. */
  readonly pairs: readonly Pair[] | undefined;
  readonly inputRows: number;
  readonly inputComponents: number;
  readonly outputRows: number;
  readonly outputComponents: number;
  /** Primes at the segment's input, and primes dropped at its end. */
  readonly primes: number;
  readonly rescales: number;
}

/** Layouts live as long as their circuit: a worker evaluates the same one shard after shard. */
const laidOut = new WeakMap<CompiledCircuit, readonly Segment[]>();

/** The circuit's segments, laid out once. */
export function planSegments(compiled: CompiledCircuit): readonly Segment[] {
  const known = laidOut.get(compiled);
  if (known !== undefined) return known;
  const segments = layOutSegments(compiled);
  laidOut.set(compiled, segments);
  return segments;
}

/** The segment that reads the shard. @throws UnsupportedError for a circuit without maps */
export function firstSegment(compiled: CompiledCircuit): Segment {
  const [first] = planSegments(compiled);
  if (first === undefined) throw new UnsupportedError('the circuit is empty', { where: compiled.circuit.name });
  return first;
}

/** Cuts a circuit into segments and lays out their maps. */
function layOutSegments(compiled: CompiledCircuit): Segment[] {
  const { circuit, plan } = compiled;
  const segments: Segment[] = [];
  let maps: SegmentMap[] = [];
  let primes = plan.parameters.primes.length;
  let pairs: readonly Pair[] | undefined;
  let inputRows = elementAt(circuit.maps, 0).inputs;
  let inputComponents = componentsAfter(0);
  let rowOf = new Int32Array(0);
  circuit.maps.forEach((map, index) => {
    let laid: LaidMap;
    if (index === 0) {
      const choice = chooseFeaturePairs(map);
      pairs = choice.pairs;
      laid = layOnPairs(map, choice.pairs, choice.choices, MAX_WEIGHT_SUM_PACKED);
    } else {
      laid = layOnRows(map, rowOf, MAX_WEIGHT_SUM_SQUARED);
    }
    rowOf = Int32Array.from(laid.rowOf);
    maps.push({ index, laid, components: componentsAfter(index) });
    const rescales = elementAt(plan.maps, index).rescales;
    if (rescales === 0 && index < circuit.maps.length - 1) return;
    segments.push({
      maps,
      pairs,
      inputRows,
      inputComponents,
      outputRows: laid.rows,
      outputComponents: componentsAfter(index),
      primes,
      rescales,
    });
    primes -= rescales;
    inputRows = laid.rows;
    inputComponents = componentsAfter(index);
    pairs = undefined;
    maps = [];
  });
  return segments;
}
