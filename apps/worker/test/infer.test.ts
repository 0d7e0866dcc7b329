import { type Engine, type Gpu, createWebgpuEngine, engineNamed, openGpu } from '@ciphernet/engines';
import { DeviceError, IntegrityError, messageOf } from '@ciphernet/foundation';
import { describe, expect, it } from '@jest/globals';
import { infer } from '../src/infer.js';
import { configureEngine, enginesFor, withFirstAble } from '../src/worker-engines.js';
import { type InferCase, createInferCase } from './infer-fixture.js';

const simd = engineNamed('simd');

const failing = (error: Error): Engine => ({
  ...simd,
  name: 'failing',
  version: 'failing-1 00000000',
  evaluate: () => Promise.reject(error),
});

/** Evaluates the shard with the first able engine. @returns what was answered, and every line that was said */
async function inferWith(
  { job, dependencies }: InferCase,
  engines: readonly Engine[],
): Promise<{ readonly engine: string; readonly result: string; readonly lines: string[] }> {
  const lines: string[] = [];
  const { engine, result } = await infer(job, { ...dependencies, engines, say: (line) => lines.push(line) });
  return { engine, result, lines };
}

/** The GPU, or SwiftShader, where there is one. */
async function openedGpu(): Promise<Gpu | string> {
  return openGpu().catch((error: unknown) => messageOf(error));
}

describe('the engines for a job', () => {
  it('are the one that it names, and no other', () => {
    expect(enginesFor('seal').map(({ name }) => name)).toEqual(['seal']);
    expect(() => enginesFor('abacus')).toThrow(/unknown engine/);
  });

  it('are the worker’s with simd behind it where the job leaves it to the worker', () => {
    expect(enginesFor('auto').map(({ name }) => name)).toEqual(['simd']);
    configureEngine('seal');
    expect(enginesFor('auto').map(({ name }) => name)).toEqual(['seal', 'simd']);
  });
});

describe('a shard whose engine fails', () => {
  it('is evaluated with the next one, whose name the answer carries, and the reason is said', async () => {
    await using one = await createInferCase();
    const lost = new DeviceError('the GPU was lost', { where: 'engine failing' });
    const answered = await inferWith(one, [failing(lost), simd]);
    expect(answered.engine).toBe(simd.version);
    expect(answered.lines).toEqual(['engine simd instead of failing: the GPU was lost [engine failing]']);
    expect((await inferWith(one, [simd])).result).toBe(answered.result);
  });

  it('fails where no engine is left, and at once where the shard is at fault', async () => {
    await using one = await createInferCase();
    await expect(inferWith(one, [failing(new DeviceError('lost'))])).rejects.toThrow('lost');
    const damaged = failing(new IntegrityError('damaged'));
    await expect(inferWith(one, [damaged, simd])).rejects.toThrow('damaged');
  });

  it('ends right where a wrong digit is planted in what goes to the GPU', async () => {
    const gpu = await openedGpu();
    if (typeof gpu === 'string') {
      // Nothing to plant it in; CI brings SwiftShader.
      expect(process.env['CI']).toBeUndefined();
      return;
    }
    let isFaulty = false;
    const { queue } = gpu.device;
    const write = queue.writeBuffer.bind(queue);
    queue.writeBuffer = (buffer, offset, words) => {
      const copy = (words as Uint32Array<ArrayBuffer>).slice();
      // Of what is written with a circuit, and not of the residues: a single one that is spoilt would not be found.
      if (isFaulty && copy.length > 1 && copy.length < 10_000) copy[0] = (copy[0] ?? 0) ^ 4;
      write(buffer, offset, copy);
    };
    using webgpu = createWebgpuEngine(() => Promise.resolve(gpu));
    await using before = await createInferCase();
    const right = await inferWith(before, [webgpu, simd]);
    expect(right).toMatchObject({ engine: webgpu.version, lines: [] });
    expect((await inferWith(before, [simd])).result).toBe(right.result);
    isFaulty = true;
    await using one = await createInferCase(1);
    const saved = await inferWith(one, [webgpu, simd]);
    expect(saved.engine).toBe(simd.version);
    expect(saved.lines.join()).toMatch(/engine simd instead of webgpu: the GPU computed a wrong residue/);
    await using again = await createInferCase(1);
    expect((await inferWith(again, [simd])).result).toBe(saved.result);
  });
});

describe('taking the first able engine', () => {
  it('stays with simd in this thread once a device has failed', async () => {
    configureEngine('webgpu');
    const evaluate = ({ name }: Engine): Promise<string> =>
      name === 'webgpu' ? Promise.reject(new DeviceError('lost')) : Promise.resolve(name);
    await expect(withFirstAble([engineNamed('webgpu'), simd], evaluate, () => undefined)).resolves.toBe('simd');
    expect(enginesFor('auto').map(({ name }) => name)).toEqual(['simd']);
  });
});
