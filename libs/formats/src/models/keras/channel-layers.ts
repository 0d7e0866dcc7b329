import { elementAt, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';
import type { ArtifactWriter } from './artifact-writer.js';
import { shapedWeights } from './linear-layers.js';
import { refuseLayer } from './refusal.js';
import type { KerasLayer } from './topology.js';
import type { LayerWeights } from './weights.js';

/** Smallest deviation that Keras's Normalization divides by (keras.config.epsilon()). */
const LEAST_DEVIATION = 1e-7;

/** @throws UnsupportedError when a layer normalises along another axis than the last one */
function requireLastAxis(layer: KerasLayer, writer: ArtifactWriter): void {
  const written = layer.config['axis'] ?? -1;
  const axis: unknown = Array.isArray(written) && written.length === 1 ? written[0] : written;
  if (axis === -1 || axis === (writer.isSpatial() ? 3 : 1)) return;
  refuseLayer(layer, [`it runs along axis ${JSON.stringify(axis)}`, 'normalise along the last axis, the channels']);
}

/** y = x · factor + offset of each channel, written as a normalisation by a mean of 0 and a variance of 1. */
function addScale(name: string, factor: Float32Array, offset: Float32Array, writer: ArtifactWriter): void {
  const shape = [factor.length];
  writer.add({
    className: 'BatchNormalization',
    name,
    config: { epsilon: 0 },
    weights: [
      { name: 'gamma', shape, values: factor },
      { name: 'beta', shape, values: offset },
      { name: 'moving_mean', shape, values: new Float32Array(factor.length) },
      { name: 'moving_variance', shape, values: new Float32Array(factor.length).fill(1) },
    ],
    topology: { kind: 'batchNorm' },
  });
}

/** Adds a batch normalisation with the statistics of its training. */
export function addBatchNormalization(layer: KerasLayer, weights: LayerWeights, writer: ArtifactWriter): void {
  requireLastAxis(layer, writer);
  const { epsilon, scale, center } = parseOrThrow(
    z.object({
      epsilon: z.number().nonnegative().max(1).default(1e-3),
      scale: z.boolean().default(true),
      center: z.boolean().default(true),
    }),
    layer.config,
    `layer ${layer.name}`,
  );
  const shape = [writer.shape().channels];
  const shapes = {
    ...(scale ? { gamma: shape } : {}),
    ...(center ? { beta: shape } : {}),
    moving_mean: shape,
    moving_variance: shape,
  };
  writer.add({
    className: 'BatchNormalization',
    name: layer.name,
    config: { epsilon, scale, center },
    weights: shapedWeights(layer, weights, shapes),
    topology: { kind: 'batchNorm' },
  });
}

/** Adds y = x · scale + offset. */
export function addRescaling(layer: KerasLayer, writer: ArtifactWriter): void {
  const number = z.number();
  const { scale, offset } = parseOrThrow(
    z.object({ scale: z.union([number, z.array(number)]), offset: z.union([number, z.array(number)]).default(0) }),
    layer.config,
    `layer ${layer.name}`,
  );
  const { channels } = writer.shape();
  const ofChannels = (written: number | readonly number[]): Float32Array => {
    const values = typeof written === 'number' ? [written] : written;
    if (values.length !== 1 && values.length !== channels) {
      refuseLayer(layer, [`it has ${values.length} values for ${channels} channels`, 'give one, or one a channel']);
    }
    return Float32Array.from({ length: channels }, (_, i) => elementAt(values, i % values.length));
  };
  addScale(layer.name, ofChannels(scale), ofChannels(offset), writer);
}

/** Adds (x − mean) / deviation, given with the layer or learnt by `adapt`. */
export function addNormalization(layer: KerasLayer, weights: LayerWeights, writer: ArtifactWriter): void {
  requireLastAxis(layer, writer);
  const { channels } = writer.shape();
  const given = z
    .union([z.number(), z.array(z.number())])
    .nullable()
    .default(null);
  const fields = parseOrThrow(
    z.object({ mean: given, variance: given, invert: z.literal(false).default(false) }),
    layer.config,
    `layer ${layer.name}`,
  );
  let mean: ArrayLike<number>;
  let variance: ArrayLike<number>;
  if (fields.mean === null || fields.variance === null) {
    [mean, variance] = normalizationWeights(layer, weights, channels);
  } else {
    [mean, variance] = [[fields.mean].flat(), [fields.variance].flat()];
    if ([mean.length, variance.length].some((length) => length !== 1 && length !== channels)) {
      refuseLayer(layer, [`its means are not of ${channels} channels`, 'give one, or one a channel']);
    }
  }
  const factor = Float32Array.from({ length: channels }, (_, i) => {
    return 1 / Math.max(Math.sqrt(variance[i % variance.length] ?? NaN), LEAST_DEVIATION);
  });
  const offset = factor.map((value, i) => -value * (mean[i % mean.length] ?? NaN));
  addScale(layer.name, factor, offset, writer);
}

/** Learnt means and variances; behind them stands the number of examples, which nothing depends on. */
function normalizationWeights(
  layer: KerasLayer,
  weights: LayerWeights,
  channels: number,
): readonly [Float32Array, Float32Array] {
  const shape = [channels];
  const learnt = shapedWeights(layer, weights, { mean: shape, variance: shape });
  return [elementAt(learnt, 0).values, elementAt(learnt, 1).values];
}
