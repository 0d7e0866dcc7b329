import { digestSchema } from '@ciphernet/foundation';
import { z } from 'zod';

/** Which result a statement is about: of one shard, in one evaluation, by one circuit. */
export const aboutResult = {
  evaluation: z.string().max(64),
  manifest: digestSchema,
  shard: z.number().int().nonnegative(),
  /** Of the shard's bytes. */
  shardDigest: digestSchema,
  model: digestSchema,
  /** Of the circuit, as whoever signs compiled it from the model. */
  compiled: digestSchema,
  /** As its worker named it; of an audit, before positions were drawn. */
  result: digestSchema,
};
