import { elementAt, median } from '@ciphernet/foundation';
import { createEncryptionPool, generateKeys } from '@ciphernet/keyring';
import type { PreparedModel } from './pipeline-bench.js';

/** Features that SEAL encrypts: enough for its rate, which does not depend on their number. */
const SEAL_FEATURES = 96;
const ROUNDS = 5;
/** Of the wire format as the producer writes it. */
const TILE = 4;

/** Encryption of full shards on all cores, from values in memory to ciphertexts in memory; images a second, medians. */
export interface EncryptionFigures {
  readonly publicImagesPerSecond: number;
  readonly symmetricImagesPerSecond: number;
  /** SEAL's, with the public key. */
  readonly sealImagesPerSecond: number;
  readonly ratioToSeal: number;
}

/** Times our encryptor and SEAL's in turns on the shards of a prepared model, position digests included. */
export async function benchEncryption(prepared: PreparedModel, threads: number): Promise<EncryptionFigures> {
  const { parameters, inputScale: scale, features } = prepared.manifest;
  const images = parameters.ringDegree / 2;
  const keys = await generateKeys(parameters);
  const values = Float32Array.from({ length: images * features }, (_, i) => Math.abs(Math.sin(i)));
  await using own = await createEncryptionPool({ parameters, mode: 'public', key: keys.publicKey }, threads);
  await using symmetric = await createEncryptionPool({ parameters, mode: 'symmetric', key: keys.secretKey }, threads);
  await using seal = await createEncryptionPool(
    { parameters, mode: 'public', encryptor: 'seal', key: keys.publicKey },
    threads,
  );
  const runs = [
    { pool: own, features },
    { pool: symmetric, features },
    { pool: seal, features: Math.min(SEAL_FEATURES, features) },
  ].map((run) => ({ ...run, rates: [] as number[] }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const run of runs) {
      const from = performance.now();
      const plain = { features: values.subarray(0, images * run.features), images };
      using _shard = await run.pool.encryptShard(plain, { scale, tile: TILE });
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
  };
}
