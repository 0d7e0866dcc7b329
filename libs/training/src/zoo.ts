import { type InputTransform, NO_TRANSFORM } from '@ciphernet/datasets';
import { InputError } from '@ciphernet/foundation';
import type { LayerTopology } from '@ciphernet/network';
import { RECIPE, type Recipe } from './recipe.js';

/** A network as data: topology, public input transform and what its training needs besides the defaults. */
export interface ModelSpec {
  readonly name: string;
  readonly description: string;
  readonly transform: InputTransform;
  /** Layers without the last dense one, whose units are the dataset's classes. */
  readonly layers: readonly LayerTopology[];
  readonly recipe: ModelRecipe;
  /** What a dataset needs besides; chosen on the validation part of its training split. */
  readonly recipes?: Readonly<Record<string, ModelRecipe>>;
}

/** Recipe of a network: dropout after each square, besides what the optimiser is told. */
export type ModelRecipe = Partial<Recipe> & { readonly dropout?: number };

const square: LayerTopology = { kind: 'square' };
const batchNorm: LayerTopology = { kind: 'batchNorm' };
const dropout = (rate: number): LayerTopology => ({ kind: 'dropout', rate });
const flatten: LayerTopology = { kind: 'flatten' };
const dense = (units: number): LayerTopology => ({ kind: 'dense', units });
const conv = (filters: number, kernel: number, stride: number): LayerTopology => ({
  kind: 'conv2d',
  filters,
  kernel: [kernel, kernel],
  stride: [stride, stride],
  padding: 'valid',
});

/**
 * Whitening lifts the noise at the borders of digits: it gained nothing on MNIST, where most of a patch is blank. Centring
 * the inputs of a dense layer made it worse there.
 */
const MNIST: ModelRecipe = { whitening: false };

const SPECS: readonly ModelSpec[] = [
  {
    name: 'reference',
    description: 'the reference project’s network: conv 4@7×7/3, square, dense 64, square, dense',
    transform: NO_TRANSFORM,
    layers: [conv(4, 7, 3), square, flatten, dense(64), square],
    // A short run gains a point from a higher peak; at 15 epochs it makes no difference.
    recipe: { peakRate: 6e-3 },
    recipes: { mnist: MNIST },
  },
  {
    name: 'mlp',
    description: 'one square, the fastest plan: dense 128, square, dense',
    transform: NO_TRANSFORM,
    layers: [flatten, dense(128), square],
    recipe: { epochs: 20 },
    recipes: { mnist: MNIST },
  },
  {
    name: 'cnn',
    description: 'conv 16@7×7/3, square, dense 64, square, dense',
    transform: NO_TRANSFORM,
    layers: [conv(16, 7, 3), square, flatten, dense(64), square],
    recipe: {},
    recipes: {
      mnist: MNIST,
      'fashion-mnist': { epochs: 40, weightDecay: 0.05 },
    },
  },
  {
    name: 'cnn-light',
    description: 'a quarter of the ciphertexts: mean of 2×2 pixels, conv 16@4×4/2, square, dense 64, square, dense',
    transform: { crop: 0, mean: 2 },
    layers: [conv(16, 4, 2), square, flatten, dense(64), square],
    recipe: { epochs: 20 },
    recipes: { mnist: { ...MNIST, epochs: 30 }, 'fashion-mnist': { epochs: 30 } },
  },
  {
    name: 'cnn-wide',
    description: 'the most accurate: conv 32@7×7/3, square, dense 128, square, dense',
    transform: NO_TRANSFORM,
    layers: [conv(32, 7, 3), square, flatten, dense(128), square],
    recipe: {},
    recipes: {
      mnist: { ...MNIST, epochs: 20, dropout: 0.05 },
      'fashion-mnist': { epochs: 30, dropout: 0.1, weightDecay: 0.05 },
    },
  },
  {
    name: 'encoded',
    description: 'for encoded images, which have no neighbouring pixels: dense 320, square, dense 64, square, dense',
    transform: NO_TRANSFORM,
    // Features of an encoding have means of their own, which a square must not see; there are more of them than of directions that
    // tell classes apart, and no augmentation, so much is dropped.
    layers: [
      flatten,
      batchNorm,
      dropout(0.1),
      dense(320),
      batchNorm,
      square,
      dropout(0.3),
      dense(64),
      batchNorm,
      square,
    ],
    recipe: { epochs: 10, weightDecay: 0.05, whitening: false },
  },
];

/** Names of the zoo's networks. */
export const MODEL_NAMES: readonly string[] = SPECS.map((spec) => spec.name);

/** The network of that name. @throws InputError for a name that the zoo does not have */
export function modelSpec(name: string): ModelSpec {
  const found = SPECS.find((spec) => spec.name === name);
  if (found !== undefined) return found;
  throw new InputError(`unknown model '${name}'`, { where: 'model', hint: `use one of ${MODEL_NAMES.join(', ')}` });
}

/** The recipe of a network on a dataset, with its number of epochs. */
export function recipeFor(spec: ModelSpec, dataset: string): ModelRecipe & { readonly epochs: number } {
  const merged = { ...spec.recipe, ...spec.recipes?.[dataset] };
  return { ...merged, epochs: merged.epochs ?? RECIPE.epochs };
}

/** Layers as they are trained: with dropout after each square, and a last dense layer of one unit a class. */
export function trainedLayers(spec: ModelSpec, dropout: number, classes: number): readonly LayerTopology[] {
  const layers = dropout === 0 ? spec.layers : spec.layers.flatMap((layer) => withDropout(layer, dropout));
  return [...layers, dense(classes)];
}

function withDropout(layer: LayerTopology, rate: number): LayerTopology[] {
  return layer.kind === 'square' ? [layer, { kind: 'dropout', rate }] : [layer];
}
