import { InputError, elementAt, lastOf } from '@ciphernet/foundation';
import { type LayerTopology, type Shape, outputShape, sizeOf } from '@ciphernet/network';

/** A network to train, as data. */
export interface TopologySpec {
  readonly input: Shape;
  readonly layers: readonly LayerTopology[];
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

/** A topology with the place of each weight; the weights live elsewhere, in one flat array. */
export interface TrainableNetwork extends TopologySpec {
  /** Output shape of each layer. */
  readonly shapes: readonly Shape[];
  /** Slots that the optimiser changes come first; running statistics follow. */
  readonly slots: readonly Slot[];
  readonly trainedSlots: number;
  readonly trainedSize: number;
  readonly size: number;
  readonly classes: number;
}

type Unplaced = Omit<Slot, 'offset' | 'size'>;

/**
 * Shapes and weight layout of a network.
 *
 * @throws InputError where a layer does not fit the one before, or the last one is no row of logits
 */
export function describeNetwork(spec: TopologySpec): TrainableNetwork {
  const shapes: Shape[] = [];
  const trained: Unplaced[] = [];
  const statistics: Unplaced[] = [];
  let shape = spec.input;
  let isFlat = false;
  spec.layers.forEach((layer, index) => {
    requireRank(layer, isFlat, index);
    for (const slot of weightsOf(layer, shape, index)) {
      const list = slot.name === 'mean' || slot.name === 'variance' ? statistics : trained;
      list.push(slot);
    }
    shape = outputShape(layer, shape, `layer ${index} (${layer.kind})`);
    isFlat ||= layer.kind === 'flatten' || layer.kind === 'dense';
    shapes.push(shape);
  });
  if (!isFlat) {
    throw new InputError(`the last layer gives ${shape.height}×${shape.width}×${shape.channels}`, {
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
  return {
    ...spec,
    shapes,
    slots,
    trainedSlots: trained.length,
    trainedSize: slots[trained.length]?.offset ?? offset,
    size: offset,
    classes: sizeOf(lastOf(shapes)),
  };
}

/** The place of a layer's weight. @throws RangeError when the layer has none of that name */
export function slotOf(network: TrainableNetwork, layer: number, name: Slot['name']): Slot {
  return elementAt(
    network.slots.filter((slot) => slot.layer === layer && slot.name === name),
    0,
  );
}

function weightsOf(layer: LayerTopology, input: Shape, index: number): Unplaced[] {
  const constant = (name: Slot['name'], units: number): Unplaced => ({
    layer: index,
    name,
    shape: [units],
    deviation: 0,
  });
  const kernel = (shape: readonly number[]): Unplaced => {
    const fanIn = shape.slice(0, -1).reduce((product, side) => product * side, 1);
    return { layer: index, name: 'kernel', shape, deviation: 1 / Math.sqrt(fanIn) };
  };
  switch (layer.kind) {
    case 'conv2d':
      return [kernel([...layer.kernel, input.channels, layer.filters]), constant('bias', layer.filters)];
    case 'dense':
      return [kernel([input.channels, layer.units]), constant('bias', layer.units)];
    case 'batchNorm':
      return (['gamma', 'beta', 'mean', 'variance'] as const).map((name) => constant(name, input.channels));
    default:
      return [];
  }
}

/** TensorFlow tells flat values from images of one pixel: a window may not come after flatten. */
function requireRank(layer: LayerTopology, isFlat: boolean, index: number): void {
  if (!isFlat || (layer.kind !== 'conv2d' && layer.kind !== 'averagePool')) return;
  throw new InputError(`layer ${index} (${layer.kind}) gets flat values`, {
    where: 'network',
    hint: 'it must come before flatten',
  });
}
