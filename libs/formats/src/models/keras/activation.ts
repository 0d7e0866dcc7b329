import { UnsupportedError } from '@ciphernet/foundation';

/** What an activation becomes: nothing, a square, or a head that leaves the order of the logits. */
export type Activation = 'linear' | 'square' | 'softmax' | 'sigmoid';

const IS_MAXIMUM = new Set(['relu', 'relu6', 'leaky_relu', 'leakyrelu', 'prelu', 'thresholdedrelu', 'hard_sigmoid']);

/** The name of what Keras wrote: a string, or an object with the name of a registered function. */
function nameOf(written: unknown): string {
  if (written === null || written === undefined) return 'linear';
  if (typeof written === 'string') return written;
  if (typeof written !== 'object') return '?';
  const { registered_name: registered, config, class_name: className } = written as Record<string, unknown>;
  const found = [registered === 'function' ? undefined : registered, config, className].find(
    (candidate) => typeof candidate === 'string',
  );
  return typeof found === 'string' ? found : '?';
}

/**
 * The activation that Keras wrote into a layer's configuration. A custom function is known by its name only: one that is
 * called `square` is taken for x².
 *
 * @throws UnsupportedError naming the layer and the reason for anything else
 */
export function activationOf(written: unknown, where: string): Activation {
  // Registered functions are named `package>function`.
  const name = nameOf(written).split('>').at(-1) ?? '';
  const lower = name.toLowerCase();
  if (lower === 'linear' || lower === 'square' || lower === 'softmax' || lower === 'sigmoid') return lower;
  const reason = IS_MAXIMUM.has(lower) ? 'a maximum is no polynomial' : 'it is no polynomial of degree 2';
  throw new UnsupportedError(`activation '${name.slice(0, 100)}' cannot be evaluated under encryption: ${reason}`, {
    where,
    hint: 'train with squares instead (an activation named square, keras.ops.square)',
  });
}
