import { type BatchHeader, shardHeader } from '@ciphernet/artifacts';
import { slotsOf } from '@ciphernet/ckks';
import type { SetEncryption } from './encrypt-rows.js';
import type { EncryptionPool } from './encryption-pool.js';
import type { EncryptedShard } from './plain-shard.js';

/**
 * Encrypts polynomials by their coefficients, a shard of one tile.
 *
 * @param coefficients N × ciphertexts: coefficient by coefficient, the ciphertexts next to each other
 * @returns the shard, whose memory is the pool's until it is disposed
 */
export async function encryptCoefficients(
  pool: EncryptionPool,
  coefficients: Float32Array,
  { parameters, keyFingerprint, inputScale, signal }: SetEncryption,
): Promise<{ readonly header: BatchHeader; readonly shard: EncryptedShard }> {
  const { ringDegree } = parameters;
  const shard = await pool.encryptShard(
    { features: coefficients, images: ringDegree },
    {
      scale: inputScale,
      encoding: 'coefficients',
      tile: ringDegree,
      positions: false,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const header = shardHeader({
    parameters,
    keyFingerprint,
    ciphertexts: coefficients.length / ringDegree,
    images: slotsOf(parameters),
    tile: ringDegree,
    scale: inputScale,
    seed: shard.seed,
  });
  return { header, shard };
}
