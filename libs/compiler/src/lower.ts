import { UnsupportedError, elementAt } from '@ciphernet/foundation';
import { type Network, type Shape, shapesOf, sizeOf } from '@ciphernet/network';
import { type AffineMap, affineOf, compose, diagonalMap, identityMap } from './affine.js';
import { type Circuit, toBlocks } from './circuit.js';

/** Layers and values a layer that are lowered at all: indices are 16 bits, and depth is bounded by two squares anyway. */
const MOST_LAYERS = 64;
const MOST_VALUES = 65_536;

/** @throws UnsupportedError before any work for a network that would keep a worker busy for ever */
function checkSize(network: Network, shapes: readonly Shape[]): void {
  const largest = Math.max(...[network.input, ...shapes].map(sizeOf));
  if (network.layers.length <= MOST_LAYERS && largest <= MOST_VALUES) return;
  throw new UnsupportedError(`${network.layers.length} layers of up to ${largest} values`, {
    where: network.name,
    hint: `at most ${MOST_LAYERS} layers of ${MOST_VALUES} values can be evaluated`,
  });
}

/**
 * Lowers a network to a circuit. Neighbouring linear layers are composed into one map: each map costs weight bits of
 * the modulus, which is worth more than the few multiplications that a fusion can add.
 *
 * A polynomial a·x² + b·x + c becomes a square by completing it: x + b/2a goes into the bias before, the factor a and
 * the rest c − b²/4a into the map after.
 *
 * @throws InputError when weights and shapes disagree
 * @throws UnsupportedError for a network without any layer that computes something, or of absurd size
 */
export function lower(network: Network): Circuit {
  const maps: AffineMap[] = [];
  const shapes = shapesOf(network);
  checkSize(network, shapes);
  let shape = network.input;
  let pending: AffineMap | undefined;
  const append = (map: AffineMap): void => {
    pending = pending === undefined ? map : compose(map, pending);
  };
  network.layers.forEach((layer, i) => {
    const size = sizeOf(shape);
    const linear = affineOf(layer, shape);
    if (linear !== undefined) append(linear);
    else if (layer.kind === 'polynomial' && layer.a === 0) {
      append(
        diagonalMap(
          size,
          () => layer.b,
          () => layer.c,
        ),
      );
    } else if (layer.kind === 'polynomial') {
      const { a, b, c } = layer;
      append(
        diagonalMap(
          size,
          () => 1,
          () => b / (2 * a),
        ),
      );
      maps.push(pending ?? identityMap(size));
      pending = diagonalMap(
        size,
        () => a,
        () => c - (b * b) / (4 * a),
      );
    } else if (layer.kind === 'square') {
      maps.push(pending ?? identityMap(size));
      pending = undefined;
    }
    shape = elementAt(shapes, i);
  });
  if (maps.length === 0 && pending === undefined) {
    throw new UnsupportedError('the network has no layer that computes anything', {
      where: network.name,
      hint: 'give it at least one dense or convolution layer',
    });
  }
  maps.push(pending ?? identityMap(sizeOf(shape)));
  return { name: network.name, maps: maps.map(toBlocks) };
}
