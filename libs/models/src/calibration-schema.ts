import { z } from 'zod';

/** Ranges, gains and covariances settle with a few hundred examples; gains cost a backward pass each. */
export const CALIBRATION_EXAMPLES = 1000;

/** What was measured on examples; the planner works from it. */
export const calibrationSchema = z
  .strictObject({
    maxAbs: z.array(z.number().nonnegative()).min(1).max(8).readonly(),
    gains: z.array(z.number().nonnegative()).min(2).max(9).readonly(),
    meanGains: z.array(z.number().nonnegative()).min(2).max(9).readonly(),
    largestInput: z.number().positive().finite().optional(),
    examples: z.number().int().min(1).max(CALIBRATION_EXAMPLES),
  })
  .readonly();
