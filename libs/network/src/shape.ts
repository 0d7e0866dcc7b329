import { InputError } from '@ciphernet/foundation';

/** Height × width × channels; features are counted row by row, channels innermost (TensorFlow's NHWC). */
export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** TensorFlow's two ways at a border: windows inside the input only, or zeros around it. */
export type Padding = 'valid' | 'same';

/** Values of a shape: height × width × channels. */
export function sizeOf(shape: Shape): number {
  return shape.height * shape.width * shape.channels;
}

/** Where a window slides along one axis: its count of positions and the zero padding before the first element. */
export interface Axis {
  readonly positions: number;
  readonly before: number;
}

/**
 * Window positions along an axis, as TensorFlow defines them: `valid` ceil((n − k + 1) / s), `same` ceil(n / s) with
 * the padding split so that the end gets the odd element.
 *
 * @param where names the layer in errors
 * @throws InputError when a valid window is larger than the input
 */
export function slide(length: number, kernel: number, stride: number, padding: Padding, where: string): Axis {
  if (padding === 'same') {
    const positions = Math.ceil(length / stride);
    const total = Math.max(0, (positions - 1) * stride + kernel - length);
    return { positions, before: Math.floor(total / 2) };
  }
  if (kernel > length) {
    throw new InputError(`a window of ${kernel} does not fit into ${length}`, {
      where,
      hint: "use a smaller kernel or padding 'same'",
    });
  }
  return { positions: Math.floor((length - kernel) / stride) + 1, before: 0 };
}
