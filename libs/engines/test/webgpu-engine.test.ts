import { batchSource } from '@ciphernet/artifacts';
import { describe, expect, it } from '@jest/globals';
import { simdEngine } from '../src/wasm/engine.js';
import { type Gpu, openGpu } from '../src/webgpu/device.js';
import { SHARDS_BETWEEN_SELF_TESTS, createWebgpuEngine } from '../src/webgpu/engine.js';
import { digestOf } from './golden.js';
import { describeOnGpu } from './gpu-at-hand.js';
import { rawCase, watched } from './raw-case.js';

type Words = Uint32Array<ArrayBuffer>;

/** A device some of whose operations are replaced: what faulty hardware or a faulty driver does. */
function gpuWith(change: (device: GPUDevice) => void, opened: Gpu[] = []): () => Promise<Gpu> {
  return async () => {
    const gpu = await openGpu();
    change(gpu.device);
    opened.push(gpu);
    return gpu;
  };
}

/** Flips a bit of what goes to the device wherever `isWrong` says so. */
function flipping(isWrong: (words: Words) => boolean): (device: GPUDevice) => void {
  return ({ queue }) => {
    const write = queue.writeBuffer.bind(queue);
    queue.writeBuffer = (buffer, offset, words) => {
      const copy = (words as Words).slice();
      if (isWrong(copy)) copy[0] = (copy[0] ?? 0) ^ 4;
      write(buffer, offset, copy);
    };
  };
}

const options = { widths: [30, 12, 5], primeBits: [30, 29] };

describeOnGpu(() => {
  describe('a wrong digit', () => {
    it('in a kernel is found by the self-test before any shard is evaluated', async () => {
      const { shard, ...compiled } = rawCase(options, 1);
      let reads = 0;
      using engine = createWebgpuEngine(
        gpuWith((device) => {
          const create = device.createShaderModule.bind(device);
          // A digit that lands a bit too high.
          device.createShaderModule = (about) =>
            create({ ...about, code: about.code.replace('(low23 << 16u)', '(low23 << 17u)') });
        }),
      );
      await expect(
        engine.evaluate(
          compiled,
          watched(batchSource(shard), () => reads++),
        ),
      ).rejects.toMatchObject({
        name: 'DeviceError',
        message: expect.stringMatching(/self-test|wrong residue/),
      });
      expect(reads).toBe(0);
    });

    it('in a weight of a later circuit is found with its first shard, and simd gives the right result', async () => {
      const first = rawCase(options, 2);
      const second = rawCase({ widths: [17, 9, 4], primeBits: [30, 29] }, 3);
      let isFaulty = false;
      using engine = createWebgpuEngine(gpuWith(flipping((words) => isFaulty && words.length > 1)));
      await engine.evaluate(first, batchSource(first.shard));
      isFaulty = true;
      await expect(engine.evaluate(second, batchSource(second.shard))).rejects.toMatchObject({
        name: 'DeviceError',
        message: expect.stringMatching(/wrong residue .*prime \d, coefficient \d+/),
      });
      isFaulty = false;
      const expected = await simdEngine.evaluate(second, batchSource(second.shard));
      const again = await engine.evaluate(second, batchSource(second.shard));
      expect(digestOf(again.residues)).toBe(digestOf(expected.residues));
    });

    it('in features on their way to the device is found with their shard', async () => {
      const { shard, ...compiled } = rawCase(options, 9);
      let isFaulty = false;
      using engine = createWebgpuEngine(
        gpuWith((device) => {
          const create = device.createBuffer.bind(device);
          device.createBuffer = (about) => {
            const buffer = create(about);
            if (about.mappedAtCreation !== true) return buffer;
            const [map, unmap] = [buffer.getMappedRange.bind(buffer), buffer.unmap.bind(buffer)];
            let mapped = new ArrayBuffer(0);
            buffer.getMappedRange = () => (mapped = map());
            buffer.unmap = () => {
              // The low bit of each word is cleared, so that all of them stay below their prime.
              if (isFaulty) new Uint32Array(mapped).forEach((word, i, words) => (words[i] = word & ~1));
              unmap();
            };
            return buffer;
          };
        }),
      );
      const expected = await engine.evaluate(compiled, batchSource(shard));
      isFaulty = true;
      await expect(engine.evaluate(compiled, batchSource(shard))).rejects.toMatchObject({
        name: 'DeviceError',
        message: expect.stringMatching(/wrong residue|self-test/),
      });
      isFaulty = false;
      const again = await engine.evaluate(compiled, batchSource(shard));
      expect(digestOf(again.residues)).toBe(digestOf(expected.residues));
    });

    it('that shards do not show is found by the self-test after some of them', async () => {
      const { shard, ...compiled } = rawCase(options, 4);
      let isFaulty = false;
      // What the loaded circuit is given stays right: only the self-test's circuit is written anew.
      using engine = createWebgpuEngine(gpuWith(flipping((words) => isFaulty && words.length > 1)));
      await engine.evaluate(compiled, batchSource(shard));
      isFaulty = true;
      for (let i = 2; i < SHARDS_BETWEEN_SELF_TESTS; i++) await engine.evaluate(compiled, batchSource(shard));
      await expect(engine.evaluate(compiled, batchSource(shard))).rejects.toMatchObject({ name: 'DeviceError' });
    });
  });

  describe('a device', () => {
    it('that is lost rejects the evaluation with the reason, and the next opens another', async () => {
      const { shard, ...compiled } = rawCase(options, 5);
      const opened: Gpu[] = [];
      using engine = createWebgpuEngine(gpuWith(() => undefined, opened));
      const expected = await engine.evaluate(compiled, batchSource(shard));
      const losing = watched(batchSource(shard), () => opened[0]?.device.destroy());
      await expect(engine.evaluate(compiled, losing)).rejects.toMatchObject({
        name: 'DeviceError',
        message: expect.stringMatching(/lost|failed/),
      });
      const again = await engine.evaluate(compiled, batchSource(shard));
      expect(digestOf(again.residues)).toBe(digestOf(expected.residues));
      expect(opened.length).toBe(2);
    });

    it('that has no memory for a circuit says so', async () => {
      const { shard, ...compiled } = rawCase(options, 6);
      let isFull = false;
      using engine = createWebgpuEngine(
        gpuWith((device) => {
          const create = device.createBuffer.bind(device);
          // More than any device and any host has, so that none of it is ever taken: there are GPUs that allow 2^40 bytes.
          device.createBuffer = (about) => create(isFull ? { ...about, size: 2 ** 52 } : about);
        }),
      );
      await engine.evaluate(rawCase(options, 7), batchSource(rawCase(options, 7).shard));
      isFull = true;
      await expect(engine.evaluate(compiled, batchSource(shard))).rejects.toMatchObject({
        name: 'DeviceError',
        message: expect.stringMatching(/does not go on the GPU/),
      });
    });

    it('that is small gets a shard in pieces, the next one read while it works, and never more than it has room for', async () => {
      const { shard, ...compiled } = rawCase(options, 8, 16);
      // Room for 128 coefficients of the largest buffer, 8 packed rows of 16 bytes in 2 components.
      const limits = { maxStorageBufferBindingSize: 256 * 128, maxBufferSize: 2 ** 20 };
      using engine = createWebgpuEngine(
        gpuWith((device) => Object.defineProperty(device, 'limits', { value: limits })),
      );
      let reads = 0;
      const ahead: number[] = [];
      const source = watched(batchSource(shard), () => reads++);
      const result = await engine.evaluate(compiled, source, {
        onProgress: (fraction) => ahead.push(reads - Math.round(16 * fraction)),
      });
      expect(reads).toBe(16);
      expect(Math.max(...ahead)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...ahead)).toBeLessThanOrEqual(2);
      const expected = await simdEngine.evaluate(compiled, batchSource(shard));
      expect(digestOf(result.residues)).toBe(digestOf(expected.residues));
    });
  });

  it('evaluations that are asked for at once take turns on the device', async () => {
    const cases = [9, 10, 11].map((seed) => rawCase(options, seed));
    using engine = createWebgpuEngine(openGpu);
    const results = await Promise.all(cases.map((one) => engine.evaluate(one, batchSource(one.shard))));
    for (const [i, one] of cases.entries()) {
      const expected = await simdEngine.evaluate(one, batchSource(one.shard));
      expect(digestOf(results[i]?.residues ?? new Uint32Array())).toBe(digestOf(expected.residues));
    }
  });
});

describe('the webgpu engine', () => {
  it('says what is missing where no device can be opened', async () => {
    const { shard, ...compiled } = rawCase(options, 12);
    using engine = createWebgpuEngine(() => Promise.reject(new Error('no driver')));
    await expect(engine.evaluate(compiled, batchSource(shard))).rejects.toThrow('no driver');
  });
});
