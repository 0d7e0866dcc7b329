import { InputError } from '@ciphernet/errors';

export type LayerSpec =
  | {
      readonly kind: 'conv2d';
      readonly filters: number;
      readonly kernel: number | readonly [height: number, width: number];
      readonly stride: number;
      readonly padding: 'valid' | 'same';
    }
  | { readonly kind: 'square' }
  | { readonly kind: 'dense'; readonly units: number }
  | { readonly kind: 'flatten' }
  | { readonly kind: 'avgpool'; readonly size: number }
  | { readonly kind: 'batchnorm' }
  | { readonly kind: 'dropout'; readonly rate: number };

export interface NetworkSpec {
  readonly input: readonly [height: number, width: number, channels: number];
  readonly layers: readonly LayerSpec[];
}

/** Where one weight tensor lies in the flat array that holds all of a network's weights. */
export interface Slot {
  readonly layer: number;
  readonly name: 'kernel' | 'bias' | 'gamma' | 'beta' | 'mean' | 'variance';
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
  /** Standard deviation of the initial values; 0 stands for a constant. */
  readonly deviation: number;
}

/** A network's topology with the place of each weight; the weights live elsewhere, in one flat array. */
export interface TrainableNetwork extends NetworkSpec {
  /** Output shape of each layer without the batch axis. */
  readonly shapes: readonly (readonly number[])[];
  /** Slots that the optimiser changes come first; running statistics follow. */
  readonly slots: readonly Slot[];
  readonly trainedSlots: number;
  readonly trainedSize: number;
  readonly size: number;
  readonly classes: number;
}

type Unplaced = Omit<Slot, 'layer' | 'offset' | 'size'>;

/** Shapes and weight layout of a network; throws where a layer does not fit the one before. */
export function describeNetwork(spec: NetworkSpec): TrainableNetwork {
  const shapes: (readonly number[])[] = [];
  const trained: (Unplaced & { layer: number })[] = [];
  const statistics: (Unplaced & { layer: number })[] = [];
  let shape: readonly number[] = spec.input;
  spec.layers.forEach((layer, index) => {
    for (const slot of weightsOf(layer, shape, index)) {
      const list = slot.name === 'mean' || slot.name === 'variance' ? statistics : trained;
      list.push({ ...slot, layer: index });
    }
    shape = outputOf(layer, shape, index);
    shapes.push(shape);
  });
  if (shape.length !== 1) {
    throw new InputError(`the last layer gives shape [${shape.join(', ')}]`, {
      where: 'network',
      hint: 'end with a dense layer of one unit a class',
    });
  }
  let offset = 0;
  const slots = [...trained, ...statistics].map((slot): Slot => {
    const size = slot.shape.reduce((product, side) => product * side, 1);
    const placed = { ...slot, offset, size };
    offset += size;
    return placed;
  });
  const trainedSize = slots[trained.length]?.offset ?? offset;
  const classes = shape[0]!;
  return {
    ...spec,
    shapes,
    slots,
    trainedSlots: trained.length,
    trainedSize,
    size: offset,
    classes,
  };
}

export function kernelSize(kernel: number | readonly [number, number]): readonly [number, number] {
  return typeof kernel === 'number' ? [kernel, kernel] : kernel;
}

function weightsOf(layer: LayerSpec, input: readonly number[], index: number): Unplaced[] {
  const last = input.at(-1)!;
  const constant = (name: Slot['name'], units: number): Unplaced => ({
    name,
    shape: [units],
    deviation: 0,
  });
  switch (layer.kind) {
    case 'conv2d': {
      requireRank(input, 3, layer.kind, index);
      const [height, width] = kernelSize(layer.kernel);
      const shape = [height, width, last, layer.filters];
      const deviation = 1 / Math.sqrt(height * width * last);
      return [{ name: 'kernel', shape, deviation }, constant('bias', layer.filters)];
    }
    case 'dense': {
      requireRank(input, 1, layer.kind, index);
      const shape = [last, layer.units];
      return [{ name: 'kernel', shape, deviation: 1 / Math.sqrt(last) }, constant('bias', layer.units)];
    }
    case 'batchnorm':
      return (['gamma', 'beta', 'mean', 'variance'] as const).map((name) => constant(name, last));
    default:
      return [];
  }
}

function outputOf(layer: LayerSpec, input: readonly number[], index: number): readonly number[] {
  switch (layer.kind) {
    case 'conv2d': {
      const [height, width] = kernelSize(layer.kernel);
      const side = (length: number, kernel: number): number =>
        Math.ceil((layer.padding === 'same' ? length : length - kernel + 1) / layer.stride);
      return positive([side(input[0]!, height), side(input[1]!, width), layer.filters], layer.kind, index);
    }
    case 'avgpool':
      requireRank(input, 3, layer.kind, index);
      return positive(
        [Math.floor(input[0]! / layer.size), Math.floor(input[1]! / layer.size), input[2]!],
        layer.kind,
        index,
      );
    case 'flatten':
      return [input.reduce((product, side) => product * side, 1)];
    case 'dense':
      return [layer.units];
    default:
      return input;
  }
}

function requireRank(shape: readonly number[], rank: number, kind: string, index: number): void {
  if (shape.length === rank) return;
  const hint = rank === 1 ? 'put a flatten layer before it' : 'it must come before flatten';
  throw new InputError(`layer ${index} (${kind}) gets shape [${shape.join(', ')}]`, { where: 'network', hint });
}

function positive(shape: readonly number[], kind: string, index: number): readonly number[] {
  if (shape.every((side) => Number.isInteger(side) && side > 0)) return shape;
  throw new InputError(`layer ${index} (${kind}) gives shape [${shape.join(', ')}]`, {
    where: 'network',
    hint: 'use a smaller kernel or size',
  });
}
