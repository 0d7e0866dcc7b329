import { z } from 'zod';
import type { LayersModelArtifact } from './artifact.js';

const lastSchema = z.object({
  config: z.object({
    layers: z
      .array(z.object({ class_name: z.string(), config: z.object({ activation: z.unknown() }).partial() }))
      .min(1),
  }),
});

/**
 * The activation that a model ends with, which `networkFromLayersModel` leaves out because it moves no decision: nothing where
 * it ends with logits or values.
 */
export function finalActivation({ modelTopology }: LayersModelArtifact): 'softmax' | 'sigmoid' | undefined {
  const parsed = lastSchema.safeParse(modelTopology);
  const last = parsed.data?.config.layers.at(-1);
  if (last?.class_name === 'Softmax') return 'softmax';
  const activation = last?.config.activation;
  return activation === 'softmax' || activation === 'sigmoid' ? activation : undefined;
}
