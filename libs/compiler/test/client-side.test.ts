import { createParameters } from '@ciphernet/ckks';
import { describe, expect, it } from '@jest/globals';
import { type ClientSide, clientSideFromJson, clientSideToBytes } from '../src/client-side.js';

const client: ClientSide = {
  name: 'mlp',
  circuit: 'c'.repeat(64),
  packing: 'slots',
  parameters: createParameters(4096, [30, 30], 30, 'conjugate-invariant'),
  mode: 'symmetric',
  inputScale: 2 ** 16,
  result: { scale: 2 ** 40, primes: 1, components: 3 },
  height: 28,
  width: 28,
  channels: 1,
  transform: { crop: 0, mean: 1 },
  features: 784,
  outputs: 10,
  link: 'softmax',
};
const json = (): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(clientSideToBytes(client))) as Record<string, unknown>;

describe('the client side of a compiled model', () => {
  it('is read as it was written', () => {
    expect(clientSideFromJson(json(), 'client.json')).toEqual(client);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['another format', { format: 'ciphernet-compiled-circuit' }, /format/],
    ['a field more', { weights: [1] }, /weights/],
    [
      'more primes in results than there are',
      { result: { scale: 1, primes: 3, components: 3 } },
      /more primes in results/,
    ],
    ['products in a ring that has none', { packing: 'products' }, /products need the standard ring/],
    ['a scale of nothing', { inputScale: 0 }, /inputScale/],
    ['no circuit', { circuit: 'x' }, /circuit/],
  ])('with %s is refused', (_name, change, message) => {
    expect(() => clientSideFromJson({ ...json(), ...change }, 'client.json')).toThrow(message);
  });
});
