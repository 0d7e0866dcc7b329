import { digestSchema, parseJson, parseOrThrow, readIfThere } from '@ciphernet/foundation';
import { z } from 'zod';

/** ε is counted in thousandths: sums are exact, and noise is drawn with integers. */
const epsilon = z
  .number()
  .min(0.001)
  .max(100)
  .refine((value) => Number.isInteger(Math.round(value * 1e9) / 1e6), 'is not a multiple of 0.001');
const positive = z.number().int().positive();

const schema = z
  .strictObject({
    /** Of the accuracy of one evaluation; a confusion matrix costs as much again. */
    epsilonPerEvaluation: epsilon.default(1),
    /** Of everything ever published about one dataset. */
    epsilonPerDataset: epsilon.default(10),
    /** Upper bound of what everything published can say about one secret key, in bits. */
    bitsPerKey: positive.default(1024),
    evaluationsPerKey: positive.default(100),
    evaluationsPerDataset: positive.default(100),
    evaluationsPerModel: positive.default(20),
    /** Digests of models by a name for their owner: what is published about one owner's models is counted together. */
    modelOwners: z.record(z.string().min(1).max(80), z.array(digestSchema).max(1000)).default({}),
    evaluationsPerModelOwner: positive.default(50),
    /** Fewer examples are not published about. At least 100. */
    minimumImages: positive.min(100).default(100),
    /** Fingerprints of auditors that the owner believes. */
    auditors: z.array(digestSchema).max(100).default([]),
    /** Fingerprints of the only workers whose results are taken; everybody's who signs, where there is none. */
    workers: z.array(digestSchema).max(1000).default([]),
    /** Forged results after which nothing more of a dataset is decrypted, until its owner unlocks it. */
    lockAfter: positive.max(1000).default(3),
    /** Refuse results that none of them has audited. */
    requireAudit: z.boolean().default(false),
    /** Cells of a confusion matrix with fewer are left out, and the others are rounded to multiples of it. */
    minimumCell: positive.min(5).default(20),
    /** Keep what each model gave each example, under the passphrase, for comparisons of models. It is never published. */
    keepOutputs: z.boolean().default(false),
  })
  .readonly();

/** What an owner lets out, and how much of it. */
export type DisclosurePolicy = z.infer<typeof schema>;

/** The policy of an owner who has stated none. */
export const DEFAULT_POLICY: DisclosurePolicy = Object.freeze(schema.parse({}));

/** The owner's policy; the default one where there is no file. @throws InputError naming the field that is wrong */
export async function readPolicy(path: string): Promise<DisclosurePolicy> {
  const text = await readIfThere(path);
  if (text === undefined) return DEFAULT_POLICY;
  return parseOrThrow(schema, parseJson(text, path), path, 'see docs/publication.md for the fields and their ranges');
}
