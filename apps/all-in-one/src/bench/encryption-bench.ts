import { type CkksParameters, slotsOf } from '@ciphernet/ckks';
import { elementAt, median } from '@ciphernet/foundation';
import {
  type EncryptionStart,
  type EncryptionStep,
  type PlainShard,
  createEncryptionPool,
  createStepSeconds,
  generateKeys,
  secondsOfSteps,
} from '@ciphernet/keyring';
import type { PreparedModel } from './pipeline-bench.js';

/** Features that SEAL encrypts: enough for its rate, which does not depend on their number. */
const SEAL_FEATURES = 96;
const ROUNDS = 5;
const STEP_ROUNDS = 3;
/** Of the wire format as the producer writes it. */
const TILE = 4;

/** Encryption of full shards on all cores, from values in memory to ciphertexts in memory; images a second, medians. */
export interface EncryptionFigures {
  readonly publicImagesPerSecond: number;
  readonly symmetricImagesPerSecond: number;
  /** SEAL's, with the public key, in the standard ring of the same degree and sizes of primes. */
  readonly sealImagesPerSecond: number;
  readonly ratioToSeal: number;
  /** Share of the threads' time, by key. */
  readonly steps: { readonly public: StepShares; readonly symmetric: StepShares };
}

/** What each step takes of the threads' time; `rest` is copying values into the pool, and waiting. */
export type StepShares = Readonly<Record<EncryptionStep | 'rest', number>>;

/** The same primes in the standard ring, which SEAL can encrypt in: 1 modulo 4N, they are 1 modulo 2N as well. */
function standardOf(parameters: CkksParameters): CkksParameters {
  return { ...parameters, ring: 'standard' };
}

/** Encrypts a shard a few times on threads that count what their steps take. */
async function stepShares(
  start: EncryptionStart,
  threads: number,
  shard: PlainShard & { readonly scale: number },
): Promise<StepShares> {
  const steps = createStepSeconds(threads);
  await using pool = await createEncryptionPool({ ...start, steps }, threads);
  let seconds = 0;
  for (let round = 0; round <= STEP_ROUNDS; round++) {
    const from = performance.now();
    using encrypted = await pool.encryptShard(shard, { scale: shard.scale, tile: TILE });
    await encrypted.positions;
    if (round > 0) seconds += (performance.now() - from) / 1000;
    // The first round warms up.
    else steps.fill(0);
  }
  const entries = Object.entries(secondsOfSteps(steps)).map(([step, of]) => [step, of / (threads * seconds)] as const);
  const rest = 1 - entries.reduce((sum, [, share]) => sum + share, 0);
  return { ...(Object.fromEntries(entries) as Record<EncryptionStep, number>), rest };
}

/** Times our encryptor and SEAL's in turns on the shards of a prepared model, position digests included. */
export async function benchEncryption(prepared: PreparedModel, threads: number): Promise<EncryptionFigures> {
  const { parameters, inputScale: scale, features } = prepared.manifest;
  const keys = await generateKeys(parameters);
  const standard = standardOf(parameters);
  const sealKeys = await generateKeys(standard);
  const values = Float32Array.from({ length: slotsOf(parameters) * features }, (_, i) => Math.abs(Math.sin(i)));
  await using own = await createEncryptionPool({ parameters, mode: 'public', key: keys.publicKey }, threads);
  await using symmetric = await createEncryptionPool({ parameters, mode: 'symmetric', key: keys.secretKey }, threads);
  await using seal = await createEncryptionPool(
    { parameters: standard, mode: 'public', encryptor: 'seal', key: sealKeys.publicKey },
    threads,
  );
  const whole = { features: values, images: slotsOf(parameters), scale };
  const runs = [
    { pool: own, features, images: slotsOf(parameters) },
    { pool: symmetric, features, images: slotsOf(parameters) },
    { pool: seal, features: Math.min(SEAL_FEATURES, features), images: slotsOf(standard) },
  ].map((run) => ({ ...run, rates: [] as number[] }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const run of runs) {
      const from = performance.now();
      const { images } = run;
      const plain = { features: values.subarray(0, images * run.features), images };
      using shard = await run.pool.encryptShard(plain, { scale, tile: TILE });
      await shard.positions;
      const seconds = ((performance.now() - from) / 1000) * (features / run.features);
      // The first round warms up the compilers and touches the memory.
      if (round > 0) run.rates.push(images / seconds);
    }
  }
  const rateOf = (index: number): number => median(elementAt(runs, index).rates);
  return {
    publicImagesPerSecond: rateOf(0),
    symmetricImagesPerSecond: rateOf(1),
    sealImagesPerSecond: rateOf(2),
    ratioToSeal: rateOf(0) / rateOf(2),
    steps: {
      public: await stepShares({ parameters, mode: 'public', key: keys.publicKey }, threads, whole),
      symmetric: await stepShares({ parameters, mode: 'symmetric', key: keys.secretKey }, threads, whole),
    },
  };
}
