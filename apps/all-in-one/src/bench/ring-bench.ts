import { openBatchFile } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { type RingName, slotsOf } from '@ciphernet/ckks';
import { type Dataset, takeExamples } from '@ciphernet/datasets';
import { engineNamed } from '@ciphernet/engines';
import { elementAt, median } from '@ciphernet/foundation';
import type { OwnerConfiguration } from '@ciphernet/owner-records';
import { type PreparedModel, prepare } from './pipeline-bench.js';

const ROUNDS = 5;

/** Inference in both rings on one core: images a second of a full shard, medians over rounds in turns. */
export interface RingFigures {
  readonly invariant: number;
  readonly standard: number;
  /** Of the conjugate-invariant ring over the standard one. */
  readonly speedup: number;
}

/** Plans and encrypts the same model for each ring, and evaluates a shard of each in turns. */
export async function benchRings(
  prepared: PreparedModel,
  images: Dataset,
  owner: OwnerConfiguration,
  blobs: BlobStore,
): Promise<RingFigures> {
  const engine = engineNamed('simd');
  // A full shard of either, twins and zeros included.
  const enough = takeExamples(
    images,
    Math.min(images.count, slotsOf({ ...prepared.manifest.parameters, ring: 'conjugate-invariant' })),
  );
  const rateIn = async (ring: RingName): Promise<() => Promise<number>> => {
    const own =
      prepared.manifest.parameters.ring === ring
        ? prepared
        : await prepare(prepared.name, enough, owner, blobs, { mode: 'public', ring, model: prepared.model });
    const { digest, images: slots } = elementAt(own.manifest.shards, 0);
    return async () => {
      await using local = await blobs.local(digest, { verify: false });
      using source = openBatchFile(local.path);
      const from = performance.now();
      await engine.evaluate(own.compiled, source, { threads: 1 });
      return slots / ((performance.now() - from) / 1000);
    };
  };
  const measure = [await rateIn('conjugate-invariant'), await rateIn('standard')];
  const rates = measure.map(() => [] as number[]);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, run] of measure.entries()) {
      const rate = await run();
      // The first round warms up the compilers.
      if (round > 0) elementAt(rates, i).push(rate);
    }
  }
  const [invariant, standard] = [median(elementAt(rates, 0)), median(elementAt(rates, 1))];
  return { invariant, standard, speedup: invariant / standard };
}
