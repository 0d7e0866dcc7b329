import { openBatchFile } from '@ciphernet/artifacts';
import { describeParameters, slotsOf } from '@ciphernet/ckks';
import { costOf } from '@ciphernet/compiler';
import { engineNamed } from '@ciphernet/engines';
import { type BenchTools, type PreparedModel, benchPipeline, evaluationsAtOnce } from './pipeline-bench.js';
import { medianSecondsAsync } from './timing.js';

/** Figures of one network. */
export interface NetworkFigures {
  readonly imagesPerSecond: number;
  readonly imagesPerSecondPerCore: number;
  readonly seconds10000: number;
  readonly pipelineOverhead: number;
  /** Two threads on one shard against one. */
  readonly scaling: number;
  /** All cores taking jobs against one job at a time, the same shards of several evaluations. */
  readonly scalingJobs: number;
  readonly evaluationsAtOnce: number;
  readonly efficiency: number;
  readonly encryptImagesPerSecond: number;
  readonly uploadPerImage: number;
  readonly uploadPerImageFullShard: number;
  readonly downloadPerImage: number;
  readonly downloadPerImageFullShard: number;
  readonly parameters: string;
}

/**
 * Times inference of a prepared network: on one core and two, and through the queue.
 *
 * @param peak multiply-adds a second of the bare loop
 */
export async function benchNetwork(prepared: PreparedModel, peak: number, tools: BenchTools): Promise<NetworkFigures> {
  const { blobs } = tools;
  const { manifest, compiled } = prepared;
  const first = manifest.shards[0];
  if (first === undefined) throw new Error('no shard');
  await using local = await blobs.local(first.digest);
  using source = openBatchFile(local.path);
  const engine = engineNamed('simd');
  const one = await medianSecondsAsync(() => engine.evaluate(compiled, source, { threads: 1 }), 5);
  const two = await medianSecondsAsync(() => engine.evaluate(compiled, source, { threads: 2 }), 5);
  const cost = costOf(compiled.plan, compiled.circuit);
  const slots = slotsOf(manifest.parameters);
  const pipeline = await benchPipeline(prepared, tools);
  const upload = manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0);
  return {
    imagesPerSecond: prepared.examples / pipeline.seconds,
    imagesPerSecondPerCore: first.images / one,
    seconds10000: pipeline.seconds,
    pipelineOverhead: pipeline.overhead,
    scaling: one / two,
    scalingJobs: pipeline.scaling,
    evaluationsAtOnce: evaluationsAtOnce(tools.configuration.cores),
    efficiency: (cost.multiplyAddsPerImage * slots) / one / peak,
    encryptImagesPerSecond: prepared.examples / prepared.encryptSeconds,
    uploadPerImage: upload / prepared.examples,
    uploadPerImageFullShard: first.bytes / first.images,
    downloadPerImage: pipeline.resultBytes / prepared.examples,
    downloadPerImageFullShard: pipeline.resultBytes / manifest.shards.length / slots,
    parameters: describeParameters(manifest.parameters),
  };
}
