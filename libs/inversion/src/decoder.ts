import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { type PairSet, bytesOf, takePairs } from './pairs.js';
import { fitRidge } from './ridge.js';

/** How a decoder is trained. */
export interface DecoderOptions {
  /** Hidden units. */
  readonly units: number;
  /** Steps of {@link BATCH} pairs. */
  readonly steps: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (done: number) => void;
}

const BATCH = 128;
const RATE = 2e-3;
/** Of Adam (Kingma, Ba 2015). */
const [DECAY_1, DECAY_2, EPSILON] = [0.9, 0.999, 1e-8] as const;
/** The event loop gets a turn after so many steps. */
const TURN = 10;
/** Pairs that the ridge's map is fitted to: more make it no better, and it takes time for each. */
const RIDGE_PAIRS = 10_000;

/** Uniform numbers in [0, 1), repeatable; an attacker's choice of batches needs no secrecy. */
function uniforms(seed: number): () => number {
  let block = Buffer.alloc(0);
  let [at, counter] = [0, 0];
  return () => {
    if (at === block.length) {
      block = createHash('sha512').update(`${seed}/${counter++}`).digest();
      at = 0;
    }
    at += 4;
    return block.readUInt32LE(at - 4) / 2 ** 32;
  };
}

/** Weights of z → relu(z·W₁ + b₁)·W₂ + b₂, each with Adam's two moments. */
type Weights = tf.Tensor[];

async function startBackend(): Promise<void> {
  if (tf.getBackend() === 'wasm') return;
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  await tf.ready();
}

function initialWeights(pairs: PairSet, units: number, random: () => number): Weights {
  const { encodedWidth: inputs, width: outputs } = pairs;
  // Of variance 2 / fan-in before a ReLU (He et al. 2015); after it nothing, so that training starts at the ridge's map.
  const uniform = (rows: number, columns: number, variance: number): tf.Tensor => {
    const bound = Math.sqrt(3 * variance);
    return tf.tensor2d(
      Float32Array.from({ length: rows * columns }, () => (2 * random() - 1) * bound),
      [rows, columns],
    );
  };
  return [uniform(inputs, units, 2 / inputs), tf.zeros([1, units]), tf.zeros([units, outputs]), tf.zeros([1, outputs])];
}

const hidden = (z: tf.Tensor, [w1, b1]: Weights): tf.Tensor => tf.relu(tf.add(tf.matMul(z, w1!), b1!));
const outputs = (h: tf.Tensor, [, , w2, b2]: Weights): tf.Tensor => tf.add(tf.matMul(h, w2!), b2!);

/** Gradient of the squared error by each weight. Transposed first: the backend's product of transposed operands is a slow one. */
function gradientsOf(z: tf.Tensor, x: tf.Tensor, weights: Weights): tf.Tensor[] {
  const h = hidden(z, weights);
  const dy = tf.div(tf.sub(outputs(h, weights), x), z.shape[0] ?? 1);
  const dh = tf.mul(tf.matMul(dy, tf.transpose(weights[2]!)), tf.step(h));
  return [tf.matMul(tf.transpose(z), dh), tf.sum(dh, 0, true), tf.matMul(tf.transpose(h), dy), tf.sum(dy, 0, true)];
}

interface State {
  readonly weights: Weights;
  readonly first: tf.Tensor[];
  readonly second: tf.Tensor[];
}

/** One step of Adam: a state of new tensors; the old ones are disposed of. */
function stepped(state: State, z: tf.Tensor, x: tf.Tensor, step: number, rate: number): State {
  const next = tf.tidy(() => {
    const gradients = gradientsOf(z, x, state.weights);
    const first = gradients.map((g, i) => tf.add(tf.mul(state.first[i]!, DECAY_1), tf.mul(g, 1 - DECAY_1)));
    const second = gradients.map((g, i) =>
      tf.add(tf.mul(state.second[i]!, DECAY_2), tf.mul(tf.square(g), 1 - DECAY_2)),
    );
    const correction = Math.sqrt(1 - DECAY_2 ** step) / (1 - DECAY_1 ** step);
    const weights = state.weights.map((w, i) =>
      tf.sub(w, tf.mul(tf.div(first[i]!, tf.add(tf.sqrt(second[i]!), EPSILON)), rate * correction)),
    );
    return { weights, first, second };
  });
  tf.dispose([state.weights, state.first, state.second]);
  return next;
}

/** Encoded bytes as a decoder reads them: about ±2. */
const toInputs = (bytes: Uint8Array): Float32Array => Float32Array.from(bytes, (byte) => (byte - 127.5) / 63.75);

/**
 * Trains a decoder on pairs, and decodes others: the ridge's map, and a hidden layer of ReLUs that learns what it leaves; Adam with a
 * rate that falls to zero by a cosine.
 *
 * @param encoded count × encodedWidth bytes
 * @returns count × width bytes
 * @throws the signal's reason when it is aborted
 */
export async function decoderReconstruction(
  pairs: PairSet,
  encoded: Uint8Array,
  { units, steps, seed, signal, onStep }: DecoderOptions,
): Promise<Uint8Array> {
  await startBackend();
  const random = uniforms(seed);
  const { count, width, encodedWidth } = pairs;
  const linear = fitRidge(takePairs(pairs, RIDGE_PAIRS));
  const left = linear(pairs.encoded).map((value, i) => pairs.images[i]! / 255 - value);
  const weights = initialWeights(pairs, units, random);
  const zeros = (): tf.Tensor[] => weights.map((w) => tf.zerosLike(w));
  let state: State = { weights, first: zeros(), second: zeros() };
  const batch = Math.min(BATCH, count);
  const [codes, x] = [new Uint8Array(batch * encodedWidth), new Float32Array(batch * width)];
  try {
    for (let step = 1; step <= steps; step++) {
      if (step % TURN === 0) {
        await nextTurn();
        signal?.throwIfAborted();
      }
      for (let n = 0; n < batch; n++) {
        const pair = Math.floor(random() * count);
        codes.set(pairs.encoded.subarray(pair * encodedWidth, (pair + 1) * encodedWidth), n * encodedWidth);
        x.set(left.subarray(pair * width, (pair + 1) * width), n * width);
      }
      const rate = (RATE / 2) * (1 + Math.cos((Math.PI * step) / steps));
      const [inputs, targets] = [tf.tensor2d(toInputs(codes), [batch, encodedWidth]), tf.tensor2d(x, [batch, width])];
      state = stepped(state, inputs, targets, step, rate);
      tf.dispose([inputs, targets]);
      onStep?.(step);
    }
    const rows = encoded.length / encodedWidth;
    const decoded = tf.tidy(() => {
      const inputs = tf.tensor2d(toInputs(encoded), [rows, encodedWidth]);
      return outputs(hidden(inputs, state.weights), state.weights);
    });
    const values = (await decoded.data()) as Float32Array;
    decoded.dispose();
    return bytesOf(linear(encoded).map((value, i) => value + values[i]!));
  } finally {
    tf.dispose([state.weights, state.first, state.second]);
  }
}
