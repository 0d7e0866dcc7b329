import { existsSync, readdirSync } from 'node:fs';
import type { EngineChoice, EngineName } from '@ciphernet/artifacts';
import { messageOf, nameOf } from '@ciphernet/foundation';
import { type Adapter, adapterAt, leftOver, reachable } from './webgpu/adapters.js';
import { type Gpu, listGpus, openGpu } from './webgpu/device.js';
import type { KnownAnswer, TestShape } from './webgpu/known-answers.js';

/** The engine that a worker takes for jobs that leave it to the worker. */
export interface ChosenEngine {
  readonly name: EngineName;
  /** Why this one: a line for people. */
  readonly reason: string;
  /** Names of the GPUs. */
  readonly device?: string;
  /** GPUs that the worker's threads share out, as far as that is not left to whichever is the fastest. */
  readonly gpus?: readonly Adapter[];
}

/** What the choice looks at; tests put other machines in. */
export interface Machine {
  /** Cores that evaluate, each a shard. */
  readonly cores: number;
  readonly platform: NodeJS.Platform;
  /** Names of the devices that the kernel shows below `/dev` and `/dev/dri`. */
  readonly devices: () => readonly string[];
  readonly list: () => Promise<readonly Adapter[]>;
  /** Default: the fastest. */
  readonly open: (adapter?: Adapter) => Promise<Gpu>;
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
    list: listGpus,
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

/** GPUs to use: all, or the one that the user names by its place. @throws InputError where that is not there */
function wantedOf(listed: readonly Adapter[], index: number | undefined): readonly Adapter[] {
  return index === undefined ? listed : [adapterAt(listed, index)];
}

/**
 * The fastest engine that passes its self-test, on every GPU that is faster than `simd` on all cores. GPUs that are played by a
 * processor are not asked: they compete for the cores that `simd` uses. Takes no time where there is no GPU; where there is one it
 * evaluates a few shards of a test circuit.
 */
async function fastestEngine(machine: Machine, index: number | undefined): Promise<ChosenEngine> {
  const mayHave = mayHaveGpu(machine);
  if (!mayHave && index === undefined) return { name: 'simd', reason: 'there is no GPU' };
  const listed = wantedOf(mayHave ? await machine.list() : [], index);
  const { SPEED_TEST, knownAnswer } = await import('./webgpu/known-answers.js');
  const { compareOn } = await import('./webgpu/compare.js');
  let answer: Promise<KnownAnswer> | undefined;
  const answerOf = (): Promise<KnownAnswer> => (answer ??= knownAnswer(machine.speedTest ?? SPEED_TEST));
  const taken: { readonly adapter: Adapter | undefined; readonly device: string; readonly line: string }[] = [];
  const refused: string[] = [];
  const ask = async (adapter: Adapter | undefined): Promise<void> => {
    const gpu = await machine.open(adapter);
    // With its place, for `--gpu`, where there are several.
    const name = adapter === undefined || listed.length < 2 ? gpu.name : `GPU ${listed.indexOf(adapter)}, ${gpu.name},`;
    if (gpu.isSoftware) {
      gpu[Symbol.dispose]();
      refused.push(`${name} is software`);
      return;
    }
    const { isFaster, figures } = await compareOn(gpu, machine.cores, answerOf);
    if (isFaster) taken.push({ adapter, device: gpu.name, line: `${name} passes its self-test and takes ${figures}` });
    else refused.push(`${name} takes ${figures}`);
  };
  // Where none is listed, opening one says why.
  for (const adapter of listed.length === 0 ? [undefined] : reachable(listed)) {
    await ask(adapter).catch((error: unknown) => refused.push(messageOf(error)));
  }
  if (taken.length === 0) {
    // Training may be faster there all the same: on the one that was named.
    return { name: 'simd', reason: refused.join('; '), ...(index === undefined ? {} : { gpus: listed }) };
  }
  return {
    name: 'webgpu',
    reason: [...taken.map(({ line }) => line), ...refused, leftOver(listed)].filter((part) => part !== '').join('; '),
    device: taken.map(({ device }) => device).join(', '),
    gpus: taken.flatMap(({ adapter }) => adapter ?? []),
  };
}

/**
 * The engine that was asked for, or with `auto` the fastest, and the GPUs that it is on.
 *
 * @param index of the only GPU to use, in Dawn's order; default: all that can be opened
 * @throws InputError for a GPU that is not there
 */
export async function chooseEngine(wanted: EngineChoice, machine: Machine, index?: number): Promise<ChosenEngine> {
  if (wanted === 'auto') {
    try {
      return await fastestEngine(machine, index);
    } catch (error) {
      if (nameOf(error) === 'InputError') throw error;
      return { name: 'simd', reason: messageOf(error) };
    }
  }
  const reason = 'as asked for';
  if (wanted !== 'webgpu') return { name: wanted, reason };
  // Why there is none is said by the first evaluation, which opens one.
  const listed = wantedOf(await machine.list().catch(() => []), index);
  const places = listed.length < 2 ? '' : `GPUs ${listed.map(({ name }, i) => `${i} ${name}`).join(', ')}`;
  const parts = [reason, places, leftOver(listed)].filter((part) => part !== '');
  return { name: wanted, reason: parts.join('; '), gpus: reachable(listed) };
}
