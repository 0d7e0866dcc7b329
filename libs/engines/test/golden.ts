import type { BatchHeader } from '@ciphernet/artifacts';
import { type EncryptionMode, parametersDigest } from '@ciphernet/ckks';
import { type CompiledCircuit, calibrate, compile, lower } from '@ciphernet/compiler';
import { NO_TRANSFORM } from '@ciphernet/datasets';
import type { Network } from '@ciphernet/network';
import { lcg } from './random-circuit.js';

/** Fixed networks, features and residues whose results were recorded with the code of commit 514e123. */
const SEED = 20_251_125;
const RESIDUE_SEED = 7;
const SIDE = 6;
export const FEATURES = SIDE * SIDE;
export const IMAGES = 40;

type Random = () => number;

const floats = (length: number, bound: number, random: Random): Float32Array =>
  Float32Array.from({ length }, () => (random() * 2 - 1) * bound);

function dense(name: string, inputs: number, units: number, random: Random): Network['layers'][number] {
  const weights = floats(inputs * units, 1 / Math.sqrt(inputs), random);
  return { kind: 'dense', name, units, weights, bias: floats(units, 0.5, random) };
}

const input = { height: SIDE, width: SIDE, channels: 1 };

const NETWORKS: Readonly<Record<'mlp' | 'cnn', (random: Random) => Network>> = {
  mlp: (random) => ({
    name: 'golden-mlp',
    input,
    layers: [
      { kind: 'flatten', name: 'f' },
      dense('hidden', FEATURES, 12, random),
      { kind: 'square', name: 's' },
      dense('logits', 12, 5, random),
    ],
  }),
  cnn: (random) => ({
    name: 'golden-cnn',
    input,
    layers: [
      {
        kind: 'conv2d',
        name: 'conv',
        filters: 3,
        kernel: [3, 3],
        stride: [2, 2],
        padding: 'same',
        weights: floats(27, 0.8, random),
        bias: floats(3, 0.5, random),
      },
      { kind: 'polynomial', name: 'a', a: 0.7, b: -0.3, c: 0.2 },
      { kind: 'averagePool', name: 'p', size: [2, 2], stride: [1, 1], padding: 'valid' },
      { kind: 'flatten', name: 'f' },
      dense('hidden', 12, 8, random),
      { kind: 'square', name: 's' },
      dense('logits', 8, 5, random),
    ],
  }),
};

/** Compiles a fixed network; its features are count × FEATURES. */
export function goldenCircuit(
  network: 'mlp' | 'cnn',
  mode: EncryptionMode,
): { readonly compiled: CompiledCircuit; readonly features: Float32Array } {
  const random = lcg(SEED);
  const circuit = lower(NETWORKS[network](random));
  const features = Float32Array.from({ length: IMAGES * FEATURES }, () => random());
  const calibration = calibrate(circuit, features);
  return {
    compiled: compile({ circuit, calibration, examples: features, transform: NO_TRANSFORM }, { mode }),
    features,
  };
}

/** Fixed residues in the place of a shard's: engines do not care whether anything was encrypted. */
export function goldenShard(compiled: CompiledCircuit): {
  readonly header: BatchHeader;
  readonly residues: Uint32Array;
} {
  const { parameters, inputScale } = compiled.plan;
  const header: BatchHeader = {
    version: 1,
    kind: 'shard',
    parametersDigest: parametersDigest(parameters),
    keyFingerprint: 'e'.repeat(64),
    ringDegree: parameters.ringDegree as BatchHeader['ringDegree'],
    primes: parameters.primes,
    ciphertexts: FEATURES,
    components: 2,
    tile: 64,
    images: IMAGES,
    scale: inputScale,
    wordBits: 32,
    bodyDigest: '0'.repeat(64),
  };
  const perPrime = FEATURES * 2 * parameters.ringDegree;
  const residues = new Uint32Array(perPrime * parameters.primes.length);
  const random = lcg(RESIDUE_SEED);
  for (let i = 0; i < residues.length; i++) {
    residues[i] = Math.floor(random() * (parameters.primes[Math.floor(i / perPrime)] ?? 1));
  }
  return { header, residues };
}
