import { describe, expect, it } from '@jest/globals';
import { type Machine, chooseEngine, thisMachine } from '../src/choose-engine.js';
import type { Adapter } from '../src/webgpu/adapters.js';
import { openGpu } from '../src/webgpu/device.js';
import { SELF_TEST } from '../src/webgpu/known-answers.js';
import { describeOnGpu } from './gpu-at-hand.js';

const A: Adapter = { backend: 'vulkan', name: 'GPU A' };
const B: Adapter = { backend: 'vulkan', name: 'GPU B' };
const C: Adapter = { backend: 'vulkan', name: 'Card C' };

const machineWith = (change: Partial<Machine>): Machine => ({
  ...thisMachine(2),
  platform: 'linux',
  devices: () => ['null', 'renderD128'],
  speedTest: SELF_TEST,
  ...change,
});

describe('the engine that a worker takes', () => {
  it('is the one that it is told to take', async () => {
    for (const name of ['simd', 'seal'] as const) {
      expect(await chooseEngine(name, machineWith({}))).toEqual({ name, reason: 'as asked for' });
    }
  });

  it('is webgpu where it is told to, on all GPUs that can be told apart or on the one that is named', async () => {
    const list = (): Promise<Adapter[]> => Promise.resolve([A, B, { ...A }]);
    const all = await chooseEngine('webgpu', machineWith({ list }));
    expect(all).toMatchObject({ name: 'webgpu', gpus: [A, B] });
    expect(all.reason).toMatch(
      /^as asked for; GPUs 0 GPU A, 1 GPU B, 2 GPU A; 1 more of the same name .* start a worker for each in a container/,
    );
    expect(await chooseEngine('webgpu', machineWith({ list }), 1)).toMatchObject({ gpus: [B], reason: 'as asked for' });
    const none = machineWith({ list: () => Promise.reject(new Error('no package')) });
    expect(await chooseEngine('webgpu', none)).toMatchObject({ name: 'webgpu', gpus: [] });
  });

  it('is refused for a GPU that is not there or cannot be told apart', async () => {
    const machine = machineWith({ list: () => Promise.resolve([A, B, { ...A }]) });
    for (const engine of ['auto', 'webgpu'] as const) {
      await expect(chooseEngine(engine, machine, 3)).rejects.toThrow(/no GPU 3 .*there are: 0 GPU A, 1 GPU B, 2 GPU A/);
      await expect(chooseEngine(engine, machine, 2)).rejects.toThrow(/GPU 2 has the name of one before it/);
    }
    const bare = machineWith({ devices: () => [], list: () => Promise.reject(new Error('asked')) });
    await expect(chooseEngine('auto', bare, 0)).rejects.toThrow(/no GPU 0 .*no GPU was found/);
  });

  it('is simd where the kernel shows no GPU, and nothing is loaded to find that out', async () => {
    let opened = 0;
    const open = (): Promise<never> => {
      opened++;
      return Promise.reject(new Error('opened'));
    };
    const machine = machineWith({ devices: () => ['null', 'dri', 'card0', 'sda'], list: open, open });
    expect(await chooseEngine('auto', machine)).toEqual({ name: 'simd', reason: 'there is no GPU' });
    expect(opened).toBe(0);
    // macOS and Windows do not show GPUs as files.
    expect(
      await chooseEngine('auto', machineWith({ platform: 'darwin', list: () => Promise.resolve([]), open })),
    ).toMatchObject({ name: 'simd' });
    expect(opened).toBe(1);
  });

  it('is simd where the GPU cannot be opened, with the reason', async () => {
    const open = (): Promise<never> => Promise.reject(new Error('its Vulkan driver is missing'));
    expect(await chooseEngine('auto', machineWith({ list: () => Promise.resolve([]), open }))).toEqual({
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
      expect(chosen).toMatchObject({ name: 'simd', reason: expect.stringMatching(/. is software$/) });
    });

    it('is webgpu where the GPU passes its self-test and is faster than simd on all cores, and else simd', async () => {
      const fast = await chooseEngine('auto', machineWith({ open: openHardware, cores: 1e-9 }));
      expect(fast).toMatchObject({ name: 'webgpu', reason: expect.stringMatching(/passes its self-test and takes/) });
      expect(fast.device).toMatch(/./);
      const slow = await chooseEngine('auto', machineWith({ open: openHardware, cores: 1e9 }));
      expect(slow).toMatchObject({ name: 'simd', reason: expect.stringMatching(/takes .* ms for what takes simd/) });
    });

    it('is webgpu on each GPU that passes and is faster, and says of the others why not', async () => {
      const list = (): Promise<Adapter[]> => Promise.resolve([A, B, C]);
      const open = async (adapter?: Adapter): ReturnType<typeof openGpu> => {
        if (adapter === B) throw new Error('B does not open');
        return { ...(await openHardware()), name: adapter?.name ?? '' };
      };
      const chosen = await chooseEngine('auto', machineWith({ list, open, cores: 1e-9 }));
      expect(chosen).toMatchObject({ name: 'webgpu', gpus: [A, C], device: 'GPU A, Card C' });
      expect(chosen.reason).toMatch(/^GPU 0, GPU A, passes .*; GPU 2, Card C, passes .*; B does not open$/);
      const broken = await chooseEngine('auto', machineWith({ list, open }), 1);
      expect(broken).toEqual({ name: 'simd', reason: 'B does not open', gpus: [B] });
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
