import { type ArrayFile, openNpz } from '@ciphernet/formats';
import { InputError } from '@ciphernet/foundation';
import { type Shape, sizeOf } from '@ciphernet/network';
import type { Examples } from '../examples.js';
import { growingRows } from '../feature-rows.js';
import { type ReadOptions, classNamed, ownExamples } from './own-examples.js';
import { type Preprocessing, normalised, shapeOf } from './preprocessing.js';
import type { OwnReading } from './reading.js';

/** Names that arrays of examples and of targets have. */
const EXAMPLES = ['x', 'X', 'x_test', 'images', 'features', 'data'];
const TARGETS = ['y', 'Y', 'y_test', 'labels', 'targets', 'target'];

/** Arrays of a file: examples, and targets where they are there. */
export interface NamedArrays extends AsyncDisposable {
  readonly examples: ArrayFile;
  readonly targets?: ArrayFile;
  /** Name of the array of targets. */
  readonly label?: string;
}

/** Opens the arrays of an .npz file by the names that they usually have. @throws InputError where there are no examples */
export async function openArrays(path: string): Promise<NamedArrays> {
  const arrays = await openNpz(path);
  const named = (names: readonly string[]): string | undefined => names.find((name) => arrays.has(name));
  const examples = arrays.get(named(EXAMPLES) ?? '');
  const label = named(TARGETS);
  const targets = label === undefined ? undefined : arrays.get(label);
  const close = async (): Promise<void> => {
    for (const array of arrays.values()) await array[Symbol.asyncDispose]();
  };
  if (examples === undefined) {
    await close();
    throw new InputError(`no array of examples among ${[...arrays.keys()].slice(0, 12).join(', ')}`, {
      where: path,
      hint: `name it ${EXAMPLES.slice(0, 3).join(', ')} …, and that of the labels ${TARGETS.slice(0, 2).join(', ')} …`,
    });
  }
  return {
    examples,
    ...(targets === undefined || label === undefined ? {} : { targets, label }),
    [Symbol.asyncDispose]: close,
  };
}

/** The shape of one example: [n, k], [n, height, width], and [n, height, width, channels]. @throws InputError for any other */
export function exampleShape({ shape, path }: ArrayFile): Shape {
  const [, ...sizes] = shape;
  if (sizes.length === 1) return { height: 1, width: 1, channels: sizes[0] ?? 0 };
  if (sizes.length === 2 || sizes.length === 3) {
    return { height: sizes[0] ?? 0, width: sizes[1] ?? 0, channels: sizes[2] ?? 1 };
  }
  throw new InputError(`an array of ${shape.length} dimensions`, {
    where: path,
    hint: 'examples × features, or examples × height × width × channels',
  });
}

/** Values of the array of targets. */
async function readTargets(array: ArrayFile, most: number): Promise<Float64Array> {
  const parts: number[] = [];
  for await (const { values } of array.blocks()) {
    for (const value of values) if (parts.length < most) parts.push(value);
    if (parts.length >= most) break;
  }
  return Float64Array.from(parts);
}

/**
 * Reads the arrays of an .npz file as examples.
 *
 * @throws InputError where the arrays are not what the reading says
 */
export async function readArrayExamples(
  path: string,
  reading: OwnReading,
  preprocessing: Extract<Preprocessing, { kind: 'array' }>,
  options: ReadOptions = {},
): Promise<Examples> {
  await using arrays = await openArrays(path);
  const shape = shapeOf(preprocessing);
  const found = exampleShape(arrays.examples);
  const width = sizeOf(shape);
  if (sizeOf(found) !== width || (shape.height > 1 && (found.height !== shape.height || found.width !== shape.width))) {
    throw new InputError(
      `examples of ${found.height}×${found.width}×${found.channels}, the model reads ${shape.height}×${shape.width}×${shape.channels}`,
      { where: path, hint: 'give the arrays that the model was trained with, channels last' },
    );
  }
  const rows = growingRows(width);
  const most = options.most ?? Infinity;
  for await (const { values } of arrays.examples.blocks()) {
    const taken = values.subarray(0, Math.min(values.length, (most - rows.count) * width));
    rows.append(normalised(taken, preprocessing));
    if (rows.count >= most) break;
  }
  const features = rows.finished();
  const { classes, label } = reading;
  const raw = label.length === 0 || arrays.targets === undefined ? undefined : await readTargets(arrays.targets, most);
  if (features.count === 0 || (raw !== undefined && raw.length !== features.count)) {
    throw new InputError(`${raw?.length ?? 0} targets for ${features.count} examples`, { where: path });
  }
  const targets =
    reading.task.kind === 'regression'
      ? raw
      : raw?.map((value, at) => classNamed(value, classes ?? [], `label ${value}`, `${path}, row ${at + 1}`));
  return ownExamples(path, reading, options, { features, targets, source: 'npz file' });
}
