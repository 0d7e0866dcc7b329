import { existsSync, readdirSync } from 'node:fs';
import type { EngineChoice, EngineName } from '@ciphernet/artifacts';
import { messageOf } from '@ciphernet/foundation';
import { type Gpu, openGpu } from './webgpu/device.js';
import type { TestShape } from './webgpu/known-answers.js';

/** The engine that a worker takes for jobs that leave it to the worker. */
export interface ChosenEngine {
  readonly name: EngineName;
  /** Why this one: a line for people. */
  readonly reason: string;
  /** The GPU's name. */
  readonly device?: string;
}

/** What the choice looks at; tests put other machines in. */
export interface Machine {
  /** Cores that evaluate, each a shard. */
  readonly cores: number;
  readonly platform: NodeJS.Platform;
  /** Names of the devices that the kernel shows below `/dev` and `/dev/dri`. */
  readonly devices: () => readonly string[];
  readonly open: () => Promise<Gpu>;
  /** What engines are timed on; default: a circuit of usual size. */
  readonly speedTest?: TestShape;
}

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** The machine that this is. @param cores that evaluate */
export function thisMachine(cores: number): Machine {
  return {
    cores,
    platform: process.platform,
    devices: () => [...listed('/dev'), ...listed('/dev/dri')],
    open: openGpu,
  };
}

/**
 * False where no GPU can be: Linux shows one as a render node, NVIDIA's control device or, in WSL, `dxg`. Loading Dawn and asking
 * Vulkan takes half a second, this takes none, so that a worker without a GPU starts as fast as ever.
 */
export function mayHaveGpu({ platform, devices }: Machine): boolean {
  return platform !== 'linux' || devices().some((name) => /^(renderD\d+|nvidiactl|dxg)$/.test(name));
}

/**
 * The fastest engine that passes its self-test. GPUs that are played by a processor are not asked: they compete for the cores
 * that `simd` uses. Takes no time where there is no GPU; where there is one it evaluates a few shards of a test circuit.
 */
async function fastestEngine(machine: Machine): Promise<ChosenEngine> {
  if (!mayHaveGpu(machine)) return { name: 'simd', reason: 'there is no GPU' };
  try {
    const gpu = await machine.open();
    if (!gpu.isSoftware) {
      const { compareOn } = await import('./webgpu/compare.js');
      return await compareOn(gpu, machine);
    }
    gpu[Symbol.dispose]();
    return { name: 'simd', reason: `the only GPU is software: ${gpu.name}` };
  } catch (error) {
    return { name: 'simd', reason: messageOf(error) };
  }
}

/** The engine that was asked for, or with `auto` the fastest. */
export async function chooseEngine(wanted: EngineChoice, machine: Machine): Promise<ChosenEngine> {
  return wanted === 'auto' ? fastestEngine(machine) : { name: wanted, reason: 'as asked for' };
}
