import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClientSide, clientSideFromJson, clientSideToBytes } from '@ciphernet/compiler';
import { InputError, parseJson, readPlain, writeWhole } from '@ciphernet/foundation';

/** Name of a compiled model's client side in its folder, and beside the keys that were made for it. */
const CLIENT_FILE = 'client.json';

/** A table of 65,536 columns has some 10 MB of preprocessing. */
const MOST_BYTES = 2 ** 26;

/**
 * Reads the client side of a compiled model.
 *
 * @param path the file, or a folder with it: of the compiled model, or of keys that were made for it
 * @throws InputError when it is missing or not what it should be
 */
export async function readClientSide(path: string): Promise<ClientSide> {
  const found = await stat(path).catch(() => undefined);
  const file = found?.isFile() === true ? path : join(path, CLIENT_FILE);
  let text: string;
  try {
    text = (await readPlain(file, { most: MOST_BYTES })).toString('utf8');
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('no client side of a compiled model', {
      where: file,
      hint: 'name what `ciphernet model compile` made, or a folder of keys that `ciphernet keys create --for` made',
      cause,
    });
  }
  return clientSideFromJson(parseJson(text, file), file);
}

/** Writes it beside keys. */
export function writeClientSide(folder: string, client: ClientSide): Promise<void> {
  return writeWhole(join(folder, CLIENT_FILE), clientSideToBytes(client));
}
