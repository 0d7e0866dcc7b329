import { InputError, IntegrityError, parseJson, parseOrThrow, sha256Hex } from '@ciphernet/foundation';
import { z } from 'zod';

/** All that a run needs to go on after `epoch` epochs and end with the same bits. */
export interface Checkpoint {
  /** What the run was started with; a resumed run must state the same. */
  readonly identity: Readonly<Record<string, string | number | boolean>>;
  /** Completed epochs. Random streams are derived from the seed and the epoch: no further state. */
  readonly epoch: number;
  /** Completed optimiser steps. */
  readonly step: number;
  readonly weights: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
  /** Absent before averaging has started. */
  readonly average?: Float32Array;
}

const headerSchema = z.strictObject({
  identity: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  epoch: z.number().int().min(1).max(10_000),
  step: z.number().int().min(1),
  lengths: z.array(z.number().int().nonnegative()).length(4),
  sha256: z.string(),
});

const MAGIC = 'CNCKPT1\n';
const ARRAYS = ['weights', 'm', 'v', 'average'] as const;

/** Magic, header length, JSON header with array lengths and the body's sha256, then float32 arrays. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  // No average yet is one of length 0.
  const arrays = ARRAYS.map((name) => checkpoint[name] ?? new Float32Array(0));
  const body = Buffer.concat(arrays.map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength)));
  const header = Buffer.from(
    JSON.stringify({
      identity: checkpoint.identity,
      epoch: checkpoint.epoch,
      step: checkpoint.step,
      lengths: arrays.map((a) => a.length),
      sha256: sha256Hex(body),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([Buffer.from(MAGIC, 'latin1'), length, header, body]);
}

/**
 * Parses a checkpoint: form, digest and lengths.
 *
 * @param where names the checkpoint in errors
 * @throws IntegrityError for bytes that are not a whole checkpoint; InputError for a header that is wrong
 */
export function decodeCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = MAGIC.length + 4;
  if (data.length < start || data.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new IntegrityError('not a training checkpoint (wrong first bytes)', {
      where,
      hint: 'start the training anew',
    });
  }
  const end = start + data.readUInt32LE(MAGIC.length);
  const header = parseOrThrow(headerSchema, parseJson(data.toString('utf8', start, end), where), where);
  const body = data.subarray(end);
  if (sha256Hex(body) !== header.sha256) {
    throw new IntegrityError('the weights do not match their digest', {
      where,
      hint: 'the file is cut or changed: use an older one',
    });
  }
  if (header.lengths.reduce((sum, length) => sum + 4 * length, 0) !== body.length) {
    throw new IntegrityError('array lengths do not add up', { where });
  }
  let at = 0;
  const [weights, m, v, average] = header.lengths.map((length) => {
    const copy = new Float32Array(length);
    new Uint8Array(copy.buffer).set(body.subarray(at, (at += 4 * length)));
    return copy;
  }) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const { identity, epoch, step } = header;
  const base = { identity, epoch, step, weights, m, v };
  return average.length > 0 ? { ...base, average } : base;
}

/**
 * A checkpoint for a run that goes on with `backend`: of one that began on a GPU, which may be lost or left behind on another
 * machine, that counts as the same run, although it ends with weights that differ in the last places.
 */
export function continuedOn(checkpoint: Checkpoint, backend: string): Checkpoint {
  const { identity } = checkpoint;
  return identity['backend'] === 'webgpu' ? { ...checkpoint, identity: { ...identity, backend } } : checkpoint;
}

/** Compares a checkpoint with the run that is to continue it. @throws InputError naming the first setting that differs */
export function requireSameRun(found: Checkpoint['identity'], wanted: Checkpoint['identity']): void {
  for (const key of new Set([...Object.keys(found), ...Object.keys(wanted)])) {
    if (found[key] !== wanted[key]) {
      throw new InputError(`made with ${key} = ${found[key]}, but this training has ${wanted[key]}`, {
        where: 'checkpoint',
        hint: 'continue with the same settings, or start anew without the checkpoint',
      });
    }
  }
}
