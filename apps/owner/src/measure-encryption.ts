import type { CkksParameters } from '@ciphernet/ckks';
import { slotsOf } from '@ciphernet/ckks';
import { createEncryptionPool, generateKeys } from '@ciphernet/keyring';

/** Ciphertexts that are timed: a pool's threads all get some. */
const TIMED = 32;

/** Seconds a ciphertext, measured here with keys that are thrown away. @param threads that encrypt */
export async function measureEncryption(parameters: CkksParameters, threads: number): Promise<number> {
  const keys = await generateKeys(parameters);
  await using pool = await createEncryptionPool({ parameters, mode: 'public', key: keys.publicKey }, threads);
  const images = slotsOf(parameters);
  const batch = { features: new Float32Array(images * TIMED), images };
  const once = async (): Promise<void> => {
    using shard = await pool.encryptShard(batch, { scale: 2 ** 20, tile: 4 });
    await shard.positions;
  };
  // The first one starts threads.
  await once();
  const started = performance.now();
  await once();
  return (performance.now() - started) / 1000 / TIMED;
}
