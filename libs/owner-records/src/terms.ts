import { digestSchema } from '@ciphernet/foundation';
import { PUBLISHED_METRICS } from '@ciphernet/publication';
import { z } from 'zod';

/** Most independent audits that a consent can want: each is a job a shard. */
export const MOST_AUDITS = 8;

/** What an owner lets be done on one encrypted dataset; what is absent is as it was before consents named it. */
export const termsShape = {
  /** Digests of models. */
  models: z.array(digestSchema).max(10_000).readonly(),
  /** Fingerprints of model owners whom the data's owner trusts: every model that one of them has signed. */
  modelOwners: z.array(digestSchema).max(100).readonly().default([]),
  /** Training runs whose checkpoints may be evaluated: their ids, which the owner gave them. */
  runs: z
    .array(z.string().regex(/^[a-z][a-z0-9-]{2,63}$/))
    .max(1000)
    .readonly(),
  /** Figures that may be published; reports, which stay with the owner, have all. */
  metrics: z.array(z.enum(PUBLISHED_METRICS)).max(PUBLISHED_METRICS.length).readonly().default(PUBLISHED_METRICS),
  /** Classes that published figures may be about one by one, besides all examples together. */
  slices: z
    .union([z.literal('all'), z.array(z.number().int().min(0).max(255)).min(1).max(256).readonly()])
    .default('all'),
  budget: z
    .strictObject({
      /** Evaluations that are decrypted, whatever comes of them; no bound but the queue's, where it is absent. */
      evaluations: z.number().int().min(1).max(1_000_000).optional(),
      /** Of everything published about the dataset; the policy's bound holds in any case. */
      epsilon: z.number().min(0.001).max(1000).optional(),
    })
    .readonly()
    .default({}),
  /**
   * Who must have audited every shard's result before it is decrypted: nobody, the model's owner, or so many others whom the
   * policy names.
   */
  audits: z
    .union([z.literal('none'), z.literal('model-owner'), z.number().int().min(1).max(MOST_AUDITS)])
    .default('none'),
};

const termsSchema = z.strictObject(termsShape).readonly();

/** What an owner allows on one dataset. */
export type Terms = z.infer<typeof termsSchema>;

/** Nothing, and the terms that apply unless others are named. */
export const NO_TERMS: Terms = Object.freeze(termsSchema.parse({ models: [], runs: [] }));

const union = <T>(before: readonly T[], more: readonly T[] = []): T[] => [...new Set([...before, ...more])];

/** Terms that allow more. Models, their owners and runs are added; of the others, those that are given take the place of what was. */
export function extendTerms(before: Terms, more: Partial<Terms>): Terms {
  return {
    ...before,
    ...more,
    models: union(before.models, more.models),
    modelOwners: union(before.modelOwners, more.modelOwners),
    runs: union(before.runs, more.runs),
    budget: { ...before.budget, ...more.budget },
  };
}
