import { InputError, elementAt, parseOrThrow } from '@ciphernet/foundation';
import { sizeOf } from '@ciphernet/network';
import { z } from 'zod';
import type { ArtifactWriter, WrittenWeight } from './artifact-writer.js';
import { refuseLayer } from './refusal.js';
import type { KerasLayer } from './topology.js';
import type { LayerWeights } from './weights.js';

const size = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);
const pair = z.tuple([size, size]);
const padding = z.enum(['valid', 'same']);
const convolutionSchema = z.object({
  kernel_size: pair,
  strides: pair.default([1, 1]),
  padding: padding.default('valid'),
  dilation_rate: z.tuple([z.literal(1), z.literal(1)]).default([1, 1]),
  groups: z.literal(1).default(1),
  use_bias: z.boolean().default(true),
});
const NO_DILATION = 'dilation and groups are not read';

/** Weights of a layer as its configuration says they are. @throws InputError naming the weight that has another shape */
export function shapedWeights(
  layer: KerasLayer,
  weights: LayerWeights,
  shapes: Readonly<Record<string, readonly number[]>>,
): WrittenWeight[] {
  const names = Object.keys(shapes);
  return weights(layer, names).map(({ shape, values }, i) => {
    const name = elementAt(names, i);
    const expected = shapes[name] ?? [];
    if (shape.join() !== expected.join()) {
      throw new InputError(`weight ${name} has shape [${shape.join(', ')}], expected [${expected.join(', ')}]`, {
        where: `layer ${layer.name}`,
        hint: 'weights and configuration belong to different models: save the whole model again',
      });
    }
    return { name, shape, values };
  });
}

/** Adds a dense layer. */
export function addDense(layer: KerasLayer, weights: LayerWeights, writer: ArtifactWriter): void {
  const where = `layer ${layer.name}`;
  const { units, use_bias: hasBias } = parseOrThrow(
    z.object({ units: size, use_bias: z.boolean().default(true) }),
    layer.config,
    where,
  );
  if (writer.isSpatial()) {
    refuseLayer(layer, ['it follows rows and columns of an image', 'put Flatten or GlobalAveragePooling2D before it']);
  }
  const shapes = { kernel: [sizeOf(writer.shape()), units], ...(hasBias ? { bias: [units] } : {}) };
  writer.add({
    className: 'Dense',
    name: layer.name,
    config: { units, use_bias: hasBias },
    weights: shapedWeights(layer, weights, shapes),
    topology: { kind: 'dense', units },
  });
}

/** Adds a convolution; one of each channel alone becomes one whose other weights are zero. */
export function addConvolution(layer: KerasLayer, weights: LayerWeights, writer: ArtifactWriter): void {
  const where = `layer ${layer.name}`;
  const fields = parseOrThrow(convolutionSchema, layer.config, where, NO_DILATION);
  const { channels } = writer.shape();
  const kernel = fields.kernel_size;
  const isDepthwise = layer.className === 'DepthwiseConv2D';
  let filters: number;
  let written: WrittenWeight[];
  if (isDepthwise) {
    const { depth_multiplier: multiplier } = parseOrThrow(
      z.object({ depth_multiplier: size.default(1) }),
      layer.config,
      where,
    );
    filters = channels * multiplier;
    const shapes = { kernel: [...kernel, channels, multiplier], ...(fields.use_bias ? { bias: [filters] } : {}) };
    const [depthwise, ...rest] = shapedWeights(layer, weights, shapes) as [WrittenWeight, ...WrittenWeight[]];
    written = [wholeKernel(depthwise, where), ...rest];
  } else {
    ({ filters } = parseOrThrow(z.object({ filters: size }), layer.config, where));
    const shapes = { kernel: [...kernel, channels, filters], ...(fields.use_bias ? { bias: [filters] } : {}) };
    written = shapedWeights(layer, weights, shapes);
  }
  const { strides, padding: border, use_bias: hasBias } = fields;
  writer.add({
    className: 'Conv2D',
    name: layer.name,
    config: { filters, kernel_size: kernel, strides, padding: border, use_bias: hasBias },
    weights: written,
    topology: { kind: 'conv2d', filters, kernel, stride: strides, padding: border },
  });
}

/** Most weights that the zeros of one kernel may make. */
const MOST_WHOLE = 2 ** 24;

/** [height, width, channels, multiplier] to [height, width, channels, channels × multiplier]: filter c·m + i reads channel c. */
function wholeKernel(depthwise: WrittenWeight, where: string): WrittenWeight {
  const [height = 0, width = 0, channels = 0, multiplier = 0] = depthwise.shape;
  const filters = channels * multiplier;
  const length = height * width * channels * filters;
  if (length > MOST_WHOLE) {
    throw new InputError(`${length} weights with the zeros between its channels, at most ${MOST_WHOLE} are taken`, {
      where,
      hint: 'use fewer channels',
    });
  }
  const values = new Float32Array(length);
  depthwise.values.forEach((value, at) => {
    const filter = at % filters;
    const position = Math.floor(at / filters);
    const channel = Math.floor(filter / multiplier);
    values[(position * channels + channel) * filters + filter] = value;
  });
  return { name: 'kernel', shape: [height, width, channels, filters], values };
}

/** Adds means over windows, or over the whole image. */
export function addPooling(layer: KerasLayer, writer: ArtifactWriter): void {
  const { name, config } = layer;
  const { height, width } = writer.shape();
  const isGlobal = layer.className === 'GlobalAveragePooling2D';
  const schema = z.object({ pool_size: pair.default([2, 2]), strides: pair.nullable().default(null) });
  const fields = parseOrThrow(schema, isGlobal ? {} : config, `layer ${name}`);
  const pool: [number, number] = isGlobal ? [height, width] : fields.pool_size;
  const strides = isGlobal ? pool : (fields.strides ?? pool);
  const border = isGlobal ? 'valid' : parseOrThrow(padding, config['padding'] ?? 'valid', `layer ${name}.padding`);
  writer.add({
    className: 'AveragePooling2D',
    name,
    config: { pool_size: pool, strides, padding: border },
    topology: { kind: 'averagePool', size: pool, stride: strides, padding: border },
  });
  if (isGlobal && config['keepdims'] !== true) addFlatten(`${name}/flat`, writer);
}

/** Adds what makes an image flat; nothing moves. */
export function addFlatten(name: string, writer: ArtifactWriter): void {
  writer.add({ className: 'Flatten', name, topology: { kind: 'flatten' } });
}
