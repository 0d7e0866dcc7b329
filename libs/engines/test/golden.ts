import { type BatchHeader, shardHeader } from '@ciphernet/artifacts';
import type { EncryptionMode, RingName } from '@ciphernet/ckks';
import { type CompiledCircuit, calibrate, compile, lower, roundingBasis } from '@ciphernet/compiler';
import { NO_TRANSFORM } from '@ciphernet/datasets';
import { sha256Hex } from '@ciphernet/foundation';
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
export function goldenCircuit({ network, mode, ring }: Pick<Golden, 'network' | 'mode' | 'ring'>): {
  readonly compiled: CompiledCircuit;
  readonly features: Float32Array;
} {
  const random = lcg(SEED);
  const circuit = lower(NETWORKS[network](random));
  const features = Float32Array.from({ length: IMAGES * FEATURES }, () => random());
  const calibration = calibrate(circuit, features);
  return {
    compiled: compile(
      { circuit, calibration, basis: roundingBasis(circuit, features), transform: NO_TRANSFORM },
      { mode, verifiable: 'never', ring },
    ),
    features,
  };
}

/** Fixed residues in the place of a shard's: engines do not care whether anything was encrypted. */
export function goldenShard(compiled: CompiledCircuit): {
  readonly header: BatchHeader;
  readonly residues: Uint32Array;
} {
  const { parameters, inputScale } = compiled.plan;
  const shard = {
    parameters,
    keyFingerprint: 'e'.repeat(64),
    ciphertexts: FEATURES,
    images: IMAGES,
    tile: 64,
    scale: inputScale,
  };
  const header: BatchHeader = shardHeader(shard);
  const perPrime = FEATURES * 2 * parameters.ringDegree;
  const residues = new Uint32Array(perPrime * parameters.primes.length);
  const random = lcg(RESIDUE_SEED);
  for (let i = 0; i < residues.length; i++) {
    residues[i] = Math.floor(random() * (parameters.primes[Math.floor(i / perPrime)] ?? 1));
  }
  return { header, residues };
}

/** What a fixed network gave. */
export interface Golden {
  readonly network: 'mlp' | 'cnn';
  readonly mode: EncryptionMode;
  readonly ring: RingName;
  readonly ringDegree: number;
  readonly compiled: string;
  readonly explanation: string;
  readonly residues: string;
  /** As it travels; absent where nothing is paired. */
  readonly paired?: string;
  readonly firstLogits: readonly number[];
}

/**
 * Recorded with commit 514e123, those of the conjugate-invariant ring with its first one: moving code must not move a bit of what it
 * computes. Explanations of symmetric encryption have changed since: their uploads are half. The plans of the `cnn` are younger: values
 * behind two squares have two bits of room, and three primes with the smallest special one are enough; their residues are SEAL's as well.
 */
export const RECORDED: readonly Golden[] = [
  {
    network: 'mlp',
    mode: 'public',
    ring: 'standard',
    ringDegree: 4096,
    compiled: '7ee29ea2a3bea3c592421aaef45f3b45cc37207eaa2fb2b0bbf74afd2961acb5',
    explanation: 'bb415d6311371124db7dc3c87d909ed65972256850208642b2a05bd3981d2b0d',
    residues: 'bd227580a34e889377d6bb8a72b2ea9aa98fc3ff94de7638e187134b0347109b',
    paired: '352e763c86daf44e12c643df2e52e6acd437a41515adf75a56492e7aa2b8465e',
    firstLogits: [
      0.1093091064793153, -0.45226449498910226, 0.010884611699196467, 0.15822375644844355, -0.5388345176839753,
    ],
  },
  {
    network: 'mlp',
    mode: 'symmetric',
    ring: 'standard',
    ringDegree: 4096,
    compiled: '0d8696f2e4d661762de7f47a6997441a5bcc8e456c276a2f7d4c97e399eae1a4',
    explanation: 'f7c4e4a9b576aa575661c7fbdcea1b975a61e30ee30a0bbff755b2c827dd876f',
    residues: 'aae436829692230094f00eb85c3557483282c69b01cf3f0b1ffa7f92757945be',
    paired: '43972b8ed1e0a1e7c97690c8f2bb0299fdcf73bf02ae1a45836d30a279bda9e3',
    firstLogits: [
      0.10931257560341595, -0.4522509168215502, 0.011030343594881989, 0.15805344191399148, -0.5382018178209266,
    ],
  },
  {
    network: 'cnn',
    mode: 'public',
    ring: 'standard',
    ringDegree: 4096,
    compiled: '72de80c504b0618a140e2a0b77ccfd20ba188e8b1f13288076ca7884c31d3449',
    explanation: 'b19d5458289cd073ecaff44d489363ce2d7709f9ba2f62a2f2af8b8f3e529a2b',
    residues: '1cff4134984029193dffa3caa0ea394bee501545d3c3469df7601113f60c3563',
    paired: 'c6c24877f343c300d693272724015ad24877b3802d5264ce34512e95b0009d21',
    firstLogits: [
      0.07528542775163194, -0.3741050146822093, 0.061681530249047205, 0.047895593606475356, -0.027542474290101038,
    ],
  },
  {
    network: 'mlp',
    mode: 'public',
    ring: 'conjugate-invariant',
    ringDegree: 4096,
    compiled: '920baa06d644d3bca5078869db505e8fbaeeeecbae873cc6a44c89460928c2ae',
    explanation: '291d37c58a72ad68aa815bf376ffe322419861af1690ea9d0aa7e52662da73e1',
    residues: '171c11632afafb8567958133ef2692c42bf3abb093395d5bfe54cc1db644fb71',
    firstLogits: [
      0.1093091064793153, -0.45226449498910226, 0.010884611699196467, 0.15822375644844355, -0.5388345176839753,
    ],
  },
  {
    network: 'cnn',
    mode: 'public',
    ring: 'conjugate-invariant',
    ringDegree: 4096,
    compiled: '261c210e4181b8c9aa311a5d88c1ae0e8d4a42c7dacd4a611e869a064e01774d',
    explanation: '96803a05bea08b4fa258cb15cfc00c103a43aab31d079f4111cc8125df3eb9a5',
    residues: 'b8af042476cefc00eb5cab8e897ca511302b662d29bc254f0e447aa8d9360e4c',
    firstLogits: [
      0.07528542775163194, -0.3741050146822093, 0.061681530249047205, 0.047895593606475356, -0.027542474290101038,
    ],
  },
];

export const digestOf = (words: Uint32Array): string =>
  sha256Hex(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
