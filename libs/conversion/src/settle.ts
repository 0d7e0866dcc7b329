import { elementAt } from '@ciphernet/foundation';
import * as tf from '@tensorflow/tfjs-core';
import {
  type OnPass,
  batchTensor,
  forward,
  settledActivations,
  trainingActivations,
  uploadWeights,
  weightTensors,
} from './forward.js';
import { weightIn } from './layout.js';
import type { Student } from './student-weights.js';

/** Examples at a time. */
const BATCH = 256;

/** Scores of a converted network, count × outputs. @param values count × values of an example */
export function scoresOf({ graph, layout, weights }: Student, values: Float32Array): Float32Array {
  const { shape } = elementAt(graph.nodes, 0);
  const width = shape.height * shape.width * shape.channels;
  const outputs = elementAt(graph.nodes, graph.nodes.length - 1).shape.channels;
  const scores = new Float32Array((values.length / width) * outputs);
  for (let from = 0; from * width < values.length; from += BATCH) {
    tf.tidy(() => {
      const weight = weightTensors(layout, uploadWeights(layout, weights));
      const batch = batchTensor(graph, values.subarray(from * width, (from + BATCH) * width));
      const result = forward(graph, batch, weight, settledActivations(weight));
      scores.set(result.dataSync<'float32'>(), from * outputs);
    });
  }
  return scores;
}

/**
 * The network with the statistics that its weights give on `values`, averaged over whole batches: more exact than running
 * averages of the last steps (Wu, Johnson, arXiv 2105.07576, section 3).
 *
 * @param values at least one example
 */
export function settled({ graph, layout, weights }: Student, values: Float32Array): Student {
  const { shape } = elementAt(graph.nodes, 0);
  const width = shape.height * shape.width * shape.channels;
  const count = values.length / width;
  const result = weights.slice();
  // A last batch of a few examples has statistics of its own.
  const batches = Math.max(1, Math.floor(count / BATCH));
  const size = Math.min(count, BATCH);
  const sums = new Map<number, { mean: Float64Array; square: Float64Array }>();
  for (let batch = 0; batch < batches; batch++) {
    tf.tidy(() => {
      const weight = weightTensors(layout, uploadWeights(layout, weights));
      const input = batchTensor(graph, values.subarray(batch * size * width, (batch + 1) * size * width));
      const onPass: OnPass = (index, { means, variances }) => {
        const sum = sums.get(index) ?? { mean: new Float64Array(means.length), square: new Float64Array(means.length) };
        sums.set(index, sum);
        means.forEach((value, c) => {
          sum.mean[c] = (sum.mean[c] ?? 0) + value / batches;
          sum.square[c] = (sum.square[c] ?? 0) + (elementAt(variances, c) + value * value) / batches;
        });
      };
      forward(graph, input, weight, trainingActivations(weight, onPass));
    });
  }
  for (const [index, { mean, square }] of sums) {
    weightIn(layout, result, index, 'mean').set(mean);
    weightIn(layout, result, index, 'variance').set(
      square.map((value, c) => Math.max(0, value - elementAt(mean, c) ** 2)),
    );
  }
  return { graph, layout, weights: result };
}
