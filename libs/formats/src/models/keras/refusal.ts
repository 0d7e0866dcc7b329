import { UnsupportedError } from '@ciphernet/foundation';
import type { KerasLayer } from './topology.js';

const MAXIMUM = 'a maximum is no polynomial';
const RECURRENT = 'recurrent layers are too deep';
const EXPONENTIAL = 'an exponential is no polynomial';

/** Why, and what to do instead. */
const REASONS: ReadonlyMap<string, readonly [string, string]> = new Map(
  Object.entries({
    Lambda: [
      'its code is stored in the file and is never run',
      'use an activation named square, or export the model as ONNX',
    ],
    MaxPooling2D: [MAXIMUM, 'use AveragePooling2D'],
    GlobalMaxPooling2D: [MAXIMUM, 'use GlobalAveragePooling2D'],
    ReLU: [MAXIMUM, 'train with squares'],
    LeakyReLU: [MAXIMUM, 'train with squares'],
    PReLU: [MAXIMUM, 'train with squares'],
    ELU: [EXPONENTIAL, 'train with squares'],
    LayerNormalization: ['it divides by what it computes', 'use BatchNormalization'],
    GroupNormalization: ['it divides by what it computes', 'use BatchNormalization'],
    MultiHeadAttention: ['attention divides by a sum of exponentials', 'use convolutions or dense layers'],
    LSTM: [RECURRENT, 'use a feed-forward network'],
    GRU: [RECURRENT, 'use a feed-forward network'],
    SimpleRNN: [RECURRENT, 'use a feed-forward network'],
    Embedding: ['a table cannot be read at an encrypted place', 'feed one-hot values into a Dense layer'],
    ZeroPadding2D: ['padding of its own is not read', "use padding='same' in the convolution"],
    SeparableConv2D: ['it is not read as one layer', 'write it as DepthwiseConv2D and a Conv2D of kernel size 1'],
    Functional: ['a model inside of a model is not read', 'put its layers into the model itself'],
    Model: ['a model inside of a model is not read', 'put its layers into the model itself'],
    Sequential: ['a model inside of a model is not read', 'put its layers into the model itself'],
  } satisfies Record<string, readonly [string, string]>),
);

const ELSE = [
  'it is not among the layers that are read',
  'use Conv2D, DepthwiseConv2D, Dense, AveragePooling2D, Flatten, BatchNormalization, Rescaling and squares',
] as const;

/** @throws UnsupportedError always, with the layer, the reason and what to do */
export function refuseLayer({ className, name }: KerasLayer, reasons = REASONS.get(className) ?? ELSE): never {
  const [why, hint] = reasons;
  throw new UnsupportedError(`${className} cannot be evaluated under encryption: ${why}`, {
    where: `layer ${name}`,
    hint,
  });
}
