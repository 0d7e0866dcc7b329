import { refFamily } from '@ciphernet/blobs';
import { digestSchema } from '@ciphernet/foundation';
import { z } from 'zod';

/** Encrypted datasets by their manifest's digest: what people call them. Holds nothing that the manifest does not. */
export const DATASETS = refFamily('datasets', z.strictObject({ name: z.string().min(1).max(200) }));

/** Models by their record's digest: what people call them. */
export const MODELS = refFamily('models', z.strictObject({ name: z.string().min(1).max(200) }));

/** What owners have published, by evaluation: the digest of a signed statement. */
export const PUBLISHED = refFamily('published', digestSchema);
