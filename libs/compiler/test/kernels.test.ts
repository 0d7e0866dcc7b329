import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DOUBLE, createCircuitKernels, doublesAt } from '../src/kernels.js';

const EXAMPLES = 4;
const value = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
/** Four rows of so many columns, and what was summed before. */
const cases = fc.integer({ min: 1, max: 40 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    centred: fc.array(value, { minLength: EXAMPLES * size, maxLength: EXAMPLES * size }),
    products: fc.array(value, { minLength: (size * (size + 1)) / 2, maxLength: (size * (size + 1)) / 2 }),
    squares: fc.array(value, { minLength: size, maxLength: size }),
  }),
);

describe('second moments of four examples', () => {
  it('are added example by example, bit for bit', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 5000 }), ({ size, centred, products, squares }, count) => {
        const kernels = createCircuitKernels();
        const [rows, triangle, columns] = [centred, products, squares].map(({ length }) =>
          kernels.allocate(length * DOUBLE),
        ) as [number, number, number];
        doublesAt(kernels, rows, centred.length).set(centred);
        doublesAt(kernels, triangle, products.length).set(products);
        doublesAt(kernels, columns, squares.length).set(squares);
        kernels.addProducts(rows, size, triangle);
        kernels.addSquares(rows, size, count, columns);

        const at = (example: number, column: number): number => centred[example * size + column]!;
        const expectedProducts = Float64Array.from(products);
        const expectedSquares = Float64Array.from(squares);
        for (let example = 0; example < EXAMPLES; example++) {
          for (let j = 0, k = 0; j < size; j++) {
            for (let i = 0; i <= j; i++, k++) expectedProducts[k]! += at(example, j) * at(example, i);
            expectedSquares[j]! += (at(example, j) * at(example, j)) / count;
          }
        }
        expect(doublesAt(kernels, triangle, products.length)).toEqual(expectedProducts);
        expect(doublesAt(kernels, columns, squares.length)).toEqual(expectedSquares);
      }),
    );
  });
});
