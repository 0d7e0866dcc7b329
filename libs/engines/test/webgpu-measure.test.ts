import { batchSource } from '@ciphernet/artifacts';
import { describe, expect, it } from '@jest/globals';
import { openGpu } from '../src/webgpu/device.js';
import { measureKernels, measurePeak } from '../src/webgpu/measure.js';
import { describeOnGpu } from './gpu-at-hand.js';
import { rawCase } from './raw-case.js';

describeOnGpu(() => {
  describe('what is measured on a device', () => {
    it('is the kernels’ multiply-adds, padding included, and seconds that are below the bare loop’s rate', async () => {
      using gpu = await openGpu();
      const { shard, ...compiled } = rawCase({ widths: [8, 4], primeBits: [30], extreme: true }, 3);
      // Every weight has two digits: 8 rows, 4 outputs, 4 digits, 2 components. Blocks of fewer outputs are padded.
      const { seconds, multiplyAdds } = await measureKernels(gpu, compiled, batchSource(shard));
      expect(multiplyAdds % (64 * 2 * 2 * 1024)).toBe(0);
      expect(multiplyAdds).toBeGreaterThanOrEqual(8 * 4 * 4 * 2 * 2 * 0.5 * 1024);
      expect(seconds).toBeGreaterThan(0);
      expect(await measurePeak(gpu)).toBeGreaterThan(multiplyAdds / seconds);
    });
  });
});
