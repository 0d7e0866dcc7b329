import { InputError } from '@ciphernet/foundation';
import type { LayerTopology, Shape } from '@ciphernet/network';
import { outputShape } from '@ciphernet/network';
import type { LayersModelArtifact, WeightSpec } from '../tfjs/artifact.js';

/** 256 MB of float32, far above what can be evaluated encrypted. */
const MOST_WEIGHTS = 2 ** 26;

/** A weight as it is written. */
export interface WrittenWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A layer as TensorFlow.js describes it. */
export interface WrittenLayer {
  readonly className: string;
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly weights?: readonly WrittenWeight[];
  /** What it does to shapes; nothing for a head. */
  readonly topology?: LayerTopology;
}

/** Puts an artifact together, layer by layer. */
export interface ArtifactWriter {
  /** What the next layer gets. */
  readonly shape: () => Shape;
  /** Height, width and channels are separate, not flat. */
  readonly isSpatial: () => boolean;
  /** @throws InputError when the layer does not fit the shape before it, or weights are too many */
  readonly add: (layer: WrittenLayer) => void;
  readonly artifact: (name: string) => LayersModelArtifact;
}

/** An artifact of no layer but its input. */
export function artifactWriter(input: Shape, isImage: boolean): ArtifactWriter {
  const inputShape = isImage ? [null, input.height, input.width, input.channels] : [null, input.channels];
  const layers: object[] = [{ class_name: 'InputLayer', config: { name: 'input', batch_input_shape: inputShape } }];
  const specs: WeightSpec[] = [];
  const parts: Float32Array[] = [];
  let shape = input;
  let isSpatial = isImage;
  let count = 0;
  return {
    shape: () => shape,
    isSpatial: () => isSpatial,
    add({ className, name, config = {}, weights = [], topology }) {
      const where = `layer ${name}`;
      if (topology !== undefined) shape = outputShape(topology, shape, where);
      if (topology?.kind === 'flatten') isSpatial = false;
      layers.push({ class_name: className, config: { name, ...config } });
      for (const weight of weights) {
        count += weight.values.length;
        if (count > MOST_WEIGHTS) {
          throw new InputError(`more than ${MOST_WEIGHTS} weights`, { where, hint: 'use a smaller model' });
        }
        specs.push({ name: `${name}/${weight.name}`, shape: [...weight.shape], dtype: 'float32' });
        parts.push(weight.values);
      }
    },
    artifact(name) {
      const weightData = new Uint8Array(count * 4);
      const view = new Float32Array(weightData.buffer);
      let at = 0;
      for (const part of parts) {
        view.set(part, at);
        at += part.length;
      }
      return { modelTopology: { class_name: 'Sequential', config: { name, layers } }, weightSpecs: specs, weightData };
    },
  };
}
