import { type BatchSource, tileWords } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { median } from '@ciphernet/foundation';
import { BUFFER_USAGE, type Gpu } from './device.js';
import { createSession } from './session.js';
import { WORKGROUP } from './shaders.js';

/** What the kernels alone do: nothing is read, copied or checked. */
export interface KernelFigures {
  /** Of a whole shard: every prime, every coefficient. */
  readonly seconds: number;
  /** 8-bit multiply-adds that the kernels do for it, padding and second digits of weights included. */
  readonly multiplyAdds: number;
}

const RUNS = 5;

/** Seconds of `work` on the device: repeated within one submission until it takes at least 50 ms, and then the median of some of them. */
async function secondsOf({ device }: Gpu, work: (encoder: GPUCommandEncoder) => void): Promise<number> {
  const timed = async (repetitions: number): Promise<number> => {
    const from = performance.now();
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < repetitions; i++) work(encoder);
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - from) / 1000;
  };
  let repetitions = 1;
  while ((await timed(repetitions)) < 0.05) repetitions *= 2;
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) seconds.push(await timed(repetitions));
  return median(seconds) / repetitions;
}

/**
 * Times the kernels of a circuit on a shard that is on the device already. Only plans without a rescale run there whole.
 *
 * @param gpu stays open
 * @throws DeviceError where the device is lost or out of memory
 */
export async function measureKernels(gpu: Gpu, compiled: CompiledCircuit, shard: BatchSource): Promise<KernelFigures> {
  const { header } = shard;
  const { runner } = await createSession(gpu).load(compiled, shard);
  const residues = new Uint32Array((tileWords(header) * runner.columns) / header.tile);
  shard.readTiles(0, 0, residues);
  const fill = (target: Uint32Array): void => target.set(residues);
  await runner.submit(0, fill, () => undefined);
  await runner.settled();
  const pieces = header.ringDegree / runner.columns;
  const seconds = await secondsOf(gpu, (encoder) => {
    header.primes.forEach((_, primeIndex) => {
      for (let piece = 0; piece < pieces; piece++) runner.kernels(encoder, primeIndex);
    });
  });
  runner[Symbol.dispose]();
  return { seconds, multiplyAdds: runner.multiplyAddsPerCoefficient * header.ringDegree * header.primes.length };
}

const LOOPS = 256;
const CHAINS = 8;

/** Eight independent sums a thread, in registers: what the device does when nothing else bounds it. */
const BARE_LOOP = /* wgsl */ `
requires packed_4x8_integer_dot_product;
@group(0) @binding(0) var<storage, read_write> results: array<i32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  var x = id.x;
  ${Array.from({ length: CHAINS }, (_, i) => `var s${i} = ${i};`).join(' ')}
  for (var k = 0u; k < ${LOOPS}u; k++) {
    x += 0x01030507u;
    ${Array.from({ length: CHAINS }, (_, i) => `s${i} += dot4I8Packed(x, ${0x01f37b05 + i}u);`).join(' ')}
  }
  results[id.x] = ${Array.from({ length: CHAINS }, (_, i) => `s${i}`).join(' + ')};
}
`;

/** 8-bit multiply-adds a second of `dot4I8Packed` in a bare loop: what shares of the peak are shares of. */
export async function measurePeak(gpu: Gpu): Promise<number> {
  const { device } = gpu;
  const module = device.createShaderModule({ code: BARE_LOOP });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  const results = device.createBuffer({ size: 4 * WORKGROUP * most, usage: BUFFER_USAGE.storage });
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: results } }],
  });
  const timed = (groups: number): Promise<number> =>
    secondsOf(gpu, (encoder) => {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindings);
      pass.dispatchWorkgroups(groups);
      pass.end();
    });
  let best = 0;
  // As many threads as it takes to fill the device: until more bring less than a tenth.
  for (let groups = 64; groups <= most; groups *= 4) {
    const rate = (4 * CHAINS * LOOPS * WORKGROUP * groups) / (await timed(groups));
    if (rate < 1.1 * best) {
      best = Math.max(best, rate);
      break;
    }
    best = rate;
  }
  results.destroy();
  return best;
}
