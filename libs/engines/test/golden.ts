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
 * behind two squares have two bits of room; their residues are SEAL's as well.
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
    ringDegree: 8192,
    compiled: 'd6a6f77bbf26e93fe8bd4242bc66bfd9b9c6cc3093032ee7be3feb0ffd978702',
    explanation: 'cb8edd02985bb15a678d96c91cdac0795f817bb1ddf98c9f06c1d8915a3f78a8',
    residues: 'acae77a543cf7bdea0f4b40d422942e66471a4c452de51921e8c48209457a55c',
    paired: '9bb9939f8c601e92a576cb1f003edef012bfbeff3a79326d9fb8814ad8491087',
    firstLogits: [
      0.07495899166024833, -0.37352546945237125, 0.061020078327761434, 0.04846839401648442, -0.02850243969703123,
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
    ringDegree: 8192,
    compiled: '80c8c5db7235366477c9e2a691e846c608489aae854e71ce4e7c4cd9f5058dc0',
    explanation: '5a1404bdbad486e0f8f2e03cd1cdb475b9c8384c3f509af4864caac91a951fec',
    residues: 'e41807963be36547b7ce0b8656c48503de1bdecb15588269cd1c3c67d460fe6b',
    firstLogits: [
      0.07445666557344804, -0.3737443622517506, 0.0617511996121081, 0.04836298739680578, -0.028180359675168076,
    ],
  },
];

export const digestOf = (words: Uint32Array): string =>
  sha256Hex(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
