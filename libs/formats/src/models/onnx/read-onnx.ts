import { printable } from '@ciphernet/foundation';
import { graphOf } from './check-graph.js';
import { readBounded, readExternalFiles } from './external.js';
import type { OnnxFile } from './graph.js';
import { type ModelMessage, readModel } from './messages.js';

function fileOf(model: ModelMessage, where: string, files: ReadonlyMap<string, Uint8Array>): OnnxFile {
  return { graph: graphOf(model, where, files), producer: printable(model.producer), metadata: model.metadata };
}

/**
 * Parses an ONNX model. Operators of ai.onnx (opset 7 to 25) and ai.onnx.ml (1 to 5) are read, whether they can be
 * evaluated or not.
 *
 * @param where names the file in errors
 * @param external contents of the files that hold weights outside of this one, by the location that it gives
 * @throws InputError for bytes that are no model, or that do not hold together; UnsupportedError for versions, domains,
 * element types and sizes (2^26 weights in one tensor) that are not read
 */
export function onnxFromBytes(
  bytes: Uint8Array,
  where: string,
  external: ReadonlyMap<string, Uint8Array> = new Map(),
): OnnxFile {
  const model = readModel(bytes, where);
  return fileOf(model, where, external);
}

/**
 * Reads an ONNX file of at most 256 MB, and the weights beside it where it has them in files of their own.
 *
 * @throws InputError for a file that is missing, a link, too large or damaged, and for external data that are missing
 * or outside of the model's folder; UnsupportedError as {@link onnxFromBytes}
 */
export async function readOnnx(path: string): Promise<OnnxFile> {
  const bytes = await readBounded(path, 'give the .onnx file of a model');
  const model = readModel(bytes, path);
  const files = await readExternalFiles(model, path);
  return fileOf(model, path, files);
}

/** An ONNX model as its files hold it. */
export interface OnnxFiles {
  readonly bytes: Uint8Array;
  /** Contents of the files that it names, by the location that it gives. */
  readonly external: ReadonlyMap<string, Uint8Array>;
}

/** Reads the files of a model without their meaning: for {@link onnxFromBytes}, and to keep them. @throws as {@link readOnnx} */
export async function readOnnxFiles(path: string): Promise<OnnxFiles> {
  const bytes = await readBounded(path, 'give the .onnx file of a model');
  return { bytes, external: await readExternalFiles(readModel(bytes, path), path) };
}
