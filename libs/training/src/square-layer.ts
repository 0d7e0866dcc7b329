import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** x² element by element: the activation that CKKS evaluates with one multiplication. */
export class Square extends tfl.layers.Layer {
  /** Under this name the layer stands in a saved model's topology. */
  static readonly className: string = 'Square';

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => tf.square(Array.isArray(inputs) ? inputs[0]! : inputs));
  }
}

// At import: loadLayersModel must know the class before it meets it in a file.
tf.serialization.registerClass(Square);
