import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getEnvironmentData } from 'node:worker_threads';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { type Adapter, adaptersIn, leftOver, reachable } from '../src/webgpu/adapters.js';
import type { Gpu } from '../src/webgpu/device.js';
import { type SharedGpus, openThreadGpu, shareGpus, takePlace } from '../src/webgpu/thread-gpus.js';

const named = (...names: string[]): Adapter[] => names.map((name) => ({ backend: 'vulkan', name }));

describe('GPUs that Dawn lists', () => {
  it('are read from its answer to an unknown name, of the first interface', () => {
    const answer = `no suitable backends found
Available adapters:
 * backend: 'vulkan', name: 'NVIDIA H100 80GB HBM3'
 * backend: 'vulkan', name: 'Intel(R) Graphics 'Arc' (DG2)'
 * backend: 'opengl', name: 'NVIDIA H100 80GB HBM3'`;
    expect(adaptersIn(answer)).toEqual(named('NVIDIA H100 80GB HBM3', "Intel(R) Graphics 'Arc' (DG2)"));
    expect(adaptersIn('vkCreateInstance failed')).toEqual([]);
  });

  it('can be opened where no name before holds theirs, as Dawn looks them up', () => {
    const list = named('NVIDIA H100 PCIe', 'NVIDIA H100', 'NVIDIA A100', 'NVIDIA A100');
    expect(reachable(list)).toEqual(named('NVIDIA H100 PCIe', 'NVIDIA A100'));
    expect(leftOver(list)).toMatch(/^2 more of the same name/);
    expect(leftOver(named('A', 'B'))).toBe('');
  });
});

describe('threads of a worker', () => {
  it('take the GPU with the fewest threads, and leave it when they close it', async () => {
    const [a, b] = named('A', 'B');
    shareGpus(named('A', 'B'));
    const opened: (string | undefined)[] = [];
    const open = (adapter?: Adapter): Promise<Gpu> => {
      opened.push(adapter?.name);
      return Promise.resolve({ [Symbol.dispose]: () => undefined } as Gpu);
    };
    const first = await openThreadGpu(open);
    const second = await openThreadGpu(open);
    await openThreadGpu(open);
    second[Symbol.dispose]();
    // Twice is once.
    second[Symbol.dispose]();
    await openThreadGpu(open);
    first[Symbol.dispose]();
    expect(opened).toEqual([a?.name, b?.name, a?.name, b?.name]);
    const { threads } = getEnvironmentData('ciphernet.gpus') as unknown as SharedGpus;
    expect([...threads]).toEqual([1, 1]);
    // One that does not open is left at once.
    await expect(openThreadGpu(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect([...threads]).toEqual([1, 1]);
    shareGpus([]);
    await openThreadGpu(open);
    expect(opened.at(-1)).toBeUndefined();
  });

  it('share eight GPUs evenly', () => {
    const threads = new Int32Array(new SharedArrayBuffer(32));
    const places = Array.from({ length: 16 }, () => takePlace(threads));
    expect(places).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const LIBRARY = '/usr/lib/chromium/libvk_swiftshader.so';
const describeWithDriver = existsSync(DRIVER) && existsSync(LIBRARY) ? describe : describe.skip;

describeWithDriver('two GPUs of other names (skipped without SwiftShader)', () => {
  it('are listed, and each is opened by its place', async () => {
    await using folder = await temporaryFolder();
    // SwiftShader again, under another name of the same length.
    const other = readFileSync(LIBRARY).toString('latin1').replaceAll('SwiftShader Device', 'SwiftShader Second');
    const library = join(folder.path, 'other.so');
    writeFileSync(library, other, 'latin1');
    const manifest = JSON.parse(readFileSync(DRIVER, 'utf8')) as { ICD: object };
    const driver = join(folder.path, 'other.json');
    writeFileSync(driver, JSON.stringify({ ...manifest, ICD: { ...manifest.ICD, library_path: library } }));
    // A process of its own: Vulkan's loader reads the environment once.
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { listGpus, openGpu } = await import(${JSON.stringify(new URL('../dist/webgpu/device.js', import.meta.url).href)});
         const listed = await listGpus();
         const opened = [];
         for (const adapter of listed) {
           const gpu = await openGpu(adapter);
           opened.push(gpu.name);
           gpu[Symbol.dispose]();
         }
         console.log(JSON.stringify({ listed, opened }));`,
      ],
      {
        encoding: 'utf8',
        env: { ...process.env, VK_DRIVER_FILES: `${DRIVER}:${driver}`, XDG_RUNTIME_DIR: folder.path },
      },
    );
    expect(stderr).toBe('');
    const { listed, opened } = JSON.parse(stdout) as { listed: Adapter[]; opened: string[] };
    expect(listed.map(({ name }) => name.slice(0, 18)).sort()).toEqual(['SwiftShader Device', 'SwiftShader Second']);
    opened.forEach((name, i) =>
      expect(name).toMatch(
        listed[i]?.name.startsWith('SwiftShader Second') ? /^swiftshader-second/ : /^swiftshader-device/,
      ),
    );
  });
});
