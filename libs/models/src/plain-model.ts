import { type Network, evaluateNetwork } from '@ciphernet/network';

/** A model in the clear, as its owner trained it: no lowering, no rounding of ours. */
export interface PlainModel {
  /** Whose arithmetic it is, for the report. */
  readonly runtime: string;
  /** What was undone of its outputs, as far as single precision allows: only that of them can be compared exactly. */
  readonly head?: 'softmax' | 'sigmoid' | 'identity' | 'score';
  /**
   * Outputs of examples as they are encrypted.
   *
   * @param features count × inputs, after preprocessing
   * @returns count × outputs
   */
  evaluate(features: Float32Array): Promise<Float32Array>;
  /** Gives the runtime's memory back, where it has some; the next evaluation opens it again. */
  close?(): Promise<void>;
}

/** A network of layers, evaluated layer by layer. */
export function plainNetwork(network: Network): PlainModel {
  return {
    runtime: 'float network',
    evaluate: (features) => Promise.resolve(evaluateNetwork(network, features)),
  };
}
