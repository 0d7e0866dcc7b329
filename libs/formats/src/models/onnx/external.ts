import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { InputError, readPlain } from '@ciphernet/foundation';
import type { ModelMessage, TensorMessage } from './messages.js';

/** Far above any model that can be evaluated encrypted; keeps a wrong file from filling the memory. */
const MAX_BYTES = 256 * 2 ** 20;
const MOST_FILES = 64;

/**
 * Reads a plain file of at most 256 MB.
 *
 * @param hint what to do when it is not there
 * @throws InputError for one that is missing, larger, no plain file, or a symbolic link
 */
export async function readBounded(path: string, hint: string): Promise<Uint8Array> {
  try {
    // A link could name any file of the importer, and what is imported goes into the store.
    const hints = { kind: hint, size: 'use a smaller model' };
    return new Uint8Array(await readPlain(path, { most: MAX_BYTES, followsLinks: false, hints }));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    if (code === 'ELOOP') {
      throw new InputError('is a symbolic link, which is not followed', {
        where: path,
        hint: 'give a copy of the file',
      });
    }
    throw new InputError(code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`, { where: path, hint, cause });
  }
}

function tensorsOf(model: ModelMessage): TensorMessage[] {
  const graph = model.graph;
  if (graph === undefined) return [];
  const attributes = graph.nodes.flatMap((node) => node.attributes.map(({ tensor }) => tensor));
  return [...graph.initialisers, ...attributes.filter((tensor) => tensor !== undefined)];
}

/** A location as a path below the model's folder. @throws InputError for one that leads out of it */
function locationOf(entries: ReadonlyMap<string, string>, where: string): string {
  const location = entries.get('location') ?? '';
  const path = normalize(location.replaceAll('\\', '/'));
  const isOutside = isAbsolute(path) || path.split(sep).includes('..') || /^[a-z]:/i.test(path) || path.includes('\0');
  if (location === '' || isOutside) {
    throw new InputError(`external data lie in '${location}', outside of the model's folder`, {
      where,
      hint: 'export the model again, with its data beside it',
    });
  }
  return path;
}

/**
 * Reads the files that a model's values lie in, from the model's own folder.
 *
 * @returns their contents by location
 * @throws InputError naming a file that is missing, or a location that leads out of the folder
 */
export async function readExternalFiles(model: ModelMessage, path: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let total = 0;
  for (const tensor of tensorsOf(model)) {
    if (tensor.external === undefined) continue;
    const location = locationOf(tensor.external, `${path}, tensor ${tensor.name}`);
    if (files.has(location)) continue;
    // A folder inside might be a link; exporters write beside the model.
    if (location.includes(sep)) {
      throw new InputError(`external data lie in the folder of '${location}'`, {
        where: path,
        hint: 'put the file beside the model and export it again',
      });
    }
    const bytes = await readBounded(
      join(dirname(path), location),
      `the values of tensor ${tensor.name} lie in it: copy it beside the model`,
    );
    total += bytes.length;
    if (total > MAX_BYTES || files.size >= MOST_FILES) {
      throw new InputError(`external data of more than ${MAX_BYTES} bytes or ${MOST_FILES} files`, {
        where: path,
        hint: 'use a smaller model',
      });
    }
    files.set(location, bytes);
  }
  return files;
}

/** Values of one tensor in an external file. @throws InputError when the file is not at hand or too short */
export function externalBytes(
  entries: ReadonlyMap<string, string>,
  length: number,
  where: string,
  files: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const location = locationOf(entries, where);
  const bytes = files.get(location);
  if (bytes === undefined) {
    throw new InputError(`its values lie in '${location}', which is missing`, {
      where,
      hint: 'copy that file beside the model',
    });
  }
  const offset = Number(entries.get('offset') ?? 0);
  const said = Number(entries.get('length') ?? length);
  const fits = Number.isSafeInteger(offset) && offset >= 0 && said === length && offset + length <= bytes.length;
  if (!fits) {
    throw new InputError(`${length} bytes are not at offset ${offset} of '${location}', which has ${bytes.length}`, {
      where,
      hint: 'the file belongs to another model or is truncated',
    });
  }
  return bytes.subarray(offset, offset + length);
}
