import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CollectSigned, collectSigned } from './collect-signed.js';
import { type Evaluated, createEvaluated } from './evaluated.js';

let evaluated: Evaluated;
beforeAll(async () => {
  evaluated = await createEvaluated();
});
afterAll(async () => evaluated[Symbol.asyncDispose]());

const collect: CollectSigned = (...asked) => collectSigned(evaluated)(...asked);

describe('no report is made', () => {
  it('with labels that were edited after the dataset was encrypted', async () => {
    const { job, results, dependencies, labels } = evaluated;
    const edited = Uint8Array.from(labels);
    edited[7] = 0;
    await evaluated.withLabels(edited, async () => {
      await expect(collect(job, results, [], dependencies)).rejects.toMatchObject({
        name: 'IntegrityError',
        message: expect.stringMatching(/labels are not those that the dataset was encrypted with.*restore/),
      });
    });
    await expect(collect(job, results, [], dependencies)).resolves.toMatchObject({ images: 4098 });
  });

  it('with labels of classes that the dataset did not have', async () => {
    const { job, results, dependencies, labels } = evaluated;
    const edited = Uint8Array.from(labels);
    edited[7] = 9;
    await evaluated.withLabels(edited, async () => {
      await expect(collect(job, results, [], dependencies)).rejects.toMatchObject({ name: 'IntegrityError' });
    });
  });

  it('of a dataset that this owner did not encrypt', async () => {
    const { job, results, dependencies } = evaluated;
    const elsewhere = { ...dependencies, recordsFolder: `${dependencies.recordsFolder}-other` };
    await expect(collect(job, results, [], elsewhere)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/does not know dataset/),
    });
  });
});
