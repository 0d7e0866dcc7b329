/** Decay of both moments and the term that keeps the division finite, as in Kingma and Ba, arXiv 1412.6980. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** Where weights lie that are trained together; of a network that is trained, its slots. */
export interface TrainedWeights {
  readonly trainedSize: number;
  readonly slots: readonly { readonly name: string; readonly offset: number; readonly size: number }[];
}

/**
 * Adam with decoupled weight decay over one flat array, in plain JavaScript: one pass instead of a
 * dozen kernel calls a tensor, the same bits on every backend, and a state that is two arrays and a
 * counter. 3 to 4 ns a weight and step.
 */
export class Adam {
  readonly m: Float32Array;
  readonly v: Float32Array;
  step = 0;
  readonly #decayed: readonly (readonly [from: number, to: number])[];

  private readonly weightDecay: number;

  constructor(network: TrainedWeights, weightDecay: number) {
    this.weightDecay = weightDecay;
    this.m = new Float32Array(network.trainedSize);
    this.v = new Float32Array(network.trainedSize);
    // Biases and batchnorm weights are not decayed: they carry no fan-in to keep small.
    this.#decayed = network.slots
      .filter((slot) => slot.name === 'kernel')
      .map((slot) => [slot.offset, slot.offset + slot.size] as const);
  }

  /**
   * One step, in place.
   *
   * @param weights of the network, trained ones first
   * @param gradient one a trained weight
   * @param rate learning rate of this step
   */
  update(weights: Float32Array, gradient: Float32Array, rate: number): void {
    const { m, v } = this;
    const { beta1, beta2, epsilon } = ADAM;
    this.step++;
    if (this.weightDecay > 0) {
      const keep = 1 - rate * this.weightDecay;
      for (const [from, to] of this.#decayed) for (let i = from; i < to; i++) weights[i]! *= keep;
    }
    const scale = rate / (1 - beta1 ** this.step);
    const correction = 1 / (1 - beta2 ** this.step);
    for (let i = 0; i < m.length; i++) {
      const g = gradient[i]!;
      const first = beta1 * m[i]! + (1 - beta1) * g;
      const second = beta2 * v[i]! + (1 - beta2) * g * g;
      m[i] = first;
      v[i] = second;
      weights[i]! -= (scale * first) / (Math.sqrt(second * correction) + epsilon);
    }
  }
}

/** Scales the gradient in place to at most `limit` in Euclidean norm. @returns the norm before */
export function clipNorm(gradient: Float32Array, limit: number): number {
  let squares = 0;
  for (let i = 0; i < gradient.length; i++) squares += gradient[i]! * gradient[i]!;
  const norm = Math.sqrt(squares);
  if (norm > limit) {
    const factor = limit / norm;
    for (let i = 0; i < gradient.length; i++) gradient[i]! *= factor;
  }
  return norm;
}

/**
 * Linear warm-up over the first share `warmUp` of all steps, then half a cosine down to zero.
 *
 * @param step counted from 0
 * @param warmUp share, 0 to 1
 */
export function learningRate(step: number, steps: number, peak: number, warmUp: number): number {
  const rising = Math.max(1, Math.round(steps * warmUp));
  if (step < rising) return (peak * (step + 1)) / rising;
  const progress = (step - rising) / Math.max(1, steps - rising);
  return (peak * (1 + Math.cos(Math.PI * progress))) / 2;
}
