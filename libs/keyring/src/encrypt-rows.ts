import { AUDITED_TILE, type BatchHeader, shardHeader } from '@ciphernet/artifacts';
import { type CkksParameters, slotsOf } from '@ciphernet/ckks';
import type { EncryptionPool } from './encryption-pool.js';
import type { EncryptedShard } from './plain-shard.js';

/** Rows of features, in the order in which they stand in slots. */
export interface SlotRows {
  readonly count: number;
  /** Features of a row. */
  readonly width: number;
  /** Writes the rows from `from` on, row-major, as many as fill the target. */
  readInto(from: number, target: Float32Array): Promise<void>;
}

/** What the shards of a set have in common. */
export interface SetEncryption {
  readonly parameters: CkksParameters;
  readonly keyFingerprint: string;
  /** Real factor between a feature and its encoded integer. */
  readonly inputScale: number;
  /** False where nobody audits single positions: their digests are left out. Default true. */
  readonly positions?: boolean;
  readonly signal?: AbortSignal;
  /** Rows encrypted, of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Encrypts rows shard by shard, a slot each; one shard is written while the next is encrypted, so at most two are in memory.
 *
 * @param write stores a shard, whose memory is given back when it resolves; called again while the call before is pending
 * @returns what `write` gave, in the order of the shards
 * @throws what the pool, the rows and `write` throw
 */
export async function encryptRows<Entry>(
  pool: EncryptionPool,
  rows: SlotRows,
  set: SetEncryption,
  write: (header: BatchHeader, shard: EncryptedShard) => Promise<Entry>,
): Promise<Entry[]> {
  const { parameters, keyFingerprint, inputScale } = set;
  const slots = slotsOf(parameters);
  const entries: Promise<Entry>[] = [];
  let isRefused = false;
  const encryptNext = async (from: number): Promise<void> => {
    const images = Math.min(slots, rows.count - from);
    const features = {
      length: images * rows.width,
      writeTo: (target: Float32Array) => rows.readInto(from, target),
    };
    // The one before the last: the last one is written meanwhile.
    await entries.at(-2);
    const shard = await pool.encryptShard(
      { features, images },
      {
        scale: inputScale,
        tile: AUDITED_TILE,
        positions: set.positions ?? true,
        ...(set.signal === undefined ? {} : { signal: set.signal }),
        onProgress: (done, all) => set.onProgress?.(from + Math.floor((images * done) / all), rows.count),
      },
    );
    if (isRefused) {
      shard[Symbol.dispose]();
      // Rejects.
      await Promise.all(entries);
    }
    const header = shardHeader({
      parameters,
      keyFingerprint,
      ciphertexts: rows.width,
      images,
      tile: AUDITED_TILE,
      scale: inputScale,
      seed: shard.seed,
    });
    const entry = write(header, shard).finally(() => shard[Symbol.dispose]());
    // Awaited later; until then a failure must not count as unhandled.
    entry.catch(() => {
      isRefused = true;
    });
    entries.push(entry);
  };
  try {
    for (let from = 0; from < rows.count; from += slots) await encryptNext(from);
  } finally {
    // Nothing is written any more when this ends, however it does.
    await Promise.allSettled(entries);
  }
  return Promise.all(entries);
}
