import { describe, expect, it } from '@jest/globals';
import { type Machine, chooseEngine, thisMachine } from '../src/choose-engine.js';
import { openGpu } from '../src/webgpu/device.js';
import { SELF_TEST } from '../src/webgpu/known-answers.js';
import { describeOnGpu } from './gpu-at-hand.js';

const machineWith = (change: Partial<Machine>): Machine => ({
  ...thisMachine(2),
  platform: 'linux',
  devices: () => ['null', 'renderD128'],
  speedTest: SELF_TEST,
  ...change,
});

describe('the engine that a worker takes', () => {
  it('is the one that it is told to take', async () => {
    for (const name of ['simd', 'seal', 'webgpu'] as const) {
      expect(await chooseEngine(name, machineWith({}))).toEqual({ name, reason: 'as asked for' });
    }
  });

  it('is simd where the kernel shows no GPU, and nothing is loaded to find that out', async () => {
    let opened = 0;
    const open = (): Promise<never> => {
      opened++;
      return Promise.reject(new Error('opened'));
    };
    const machine = machineWith({ devices: () => ['null', 'dri', 'card0', 'sda'], open });
    expect(await chooseEngine('auto', machine)).toEqual({ name: 'simd', reason: 'there is no GPU' });
    expect(opened).toBe(0);
    // macOS and Windows do not show GPUs as files.
    expect(await chooseEngine('auto', machineWith({ platform: 'darwin', open }))).toMatchObject({ name: 'simd' });
    expect(opened).toBe(1);
  });

  it('is simd where the GPU cannot be opened, with the reason', async () => {
    const open = (): Promise<never> => Promise.reject(new Error('its Vulkan driver is missing'));
    expect(await chooseEngine('auto', machineWith({ open }))).toEqual({
      name: 'simd',
      reason: 'its Vulkan driver is missing',
    });
  });

  describeOnGpu(() => {
    /** Whatever is there, as if it were a GPU of its own. */
    const openHardware = async (): ReturnType<typeof openGpu> => ({ ...(await openGpu()), isSoftware: false });

    it('is simd where the GPU is software, whatever its speed', async () => {
      const software = async (): ReturnType<typeof openGpu> => ({ ...(await openGpu()), isSoftware: true });
      const chosen = await chooseEngine('auto', machineWith({ open: software, cores: 1e-9 }));
      expect(chosen).toMatchObject({ name: 'simd', reason: expect.stringMatching(/^the only GPU is software: ./) });
    });

    it('is webgpu where the GPU passes its self-test and is faster than simd on all cores, and else simd', async () => {
      const fast = await chooseEngine('auto', machineWith({ open: openHardware, cores: 1e-9 }));
      expect(fast).toMatchObject({ name: 'webgpu', reason: expect.stringMatching(/passes its self-test and takes/) });
      expect(fast.device).toMatch(/./);
      const slow = await chooseEngine('auto', machineWith({ open: openHardware, cores: 1e9 }));
      expect(slow).toMatchObject({ name: 'simd', reason: expect.stringMatching(/takes .* ms for what takes simd/) });
    });

    it('is simd where the GPU fails its self-test', async () => {
      const open = async (): ReturnType<typeof openGpu> => {
        const gpu = await openHardware();
        const create = gpu.device.createShaderModule.bind(gpu.device);
        gpu.device.createShaderModule = (about) =>
          create({ ...about, code: about.code.replace('(low23 << 16u)', '(low23 << 17u)') });
        return gpu;
      };
      const chosen = await chooseEngine('auto', machineWith({ open, cores: 1e-9 }));
      expect(chosen).toMatchObject({ name: 'simd', reason: expect.stringMatching(/self-test|wrong residue/) });
    });
  });
});
