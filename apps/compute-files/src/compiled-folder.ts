import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ClientSide,
  type CompiledCircuit,
  clientSideFromJson,
  clientSideToBytes,
  compiledFromJson,
} from '@ciphernet/compiler';
import { InputError, IntegrityError, parseJson, sha256Hex } from '@ciphernet/foundation';

/** What the client gets, and what the server keeps. */
const CLIENT_FILE = 'client.json';
const CIRCUIT_FILE = 'circuit.json';

/** Weights of the largest circuit as base64, twice over. */
const MOST_BYTES = 2 ** 28;

/** Writes a compiled model into a folder: the circuit readable by its owner alone. */
export async function writeCompiled(folder: string, circuit: Uint8Array, client: ClientSide): Promise<void> {
  await writeFile(join(folder, CIRCUIT_FILE), circuit, { mode: 0o600, flag: 'wx' });
  await writeFile(join(folder, CLIENT_FILE), clientSideToBytes(client), { flag: 'wx' });
}

async function readPart(path: string): Promise<Uint8Array> {
  try {
    if ((await stat(path)).size > MOST_BYTES) throw new InputError('the file is too long', { where: path });
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('no compiled model', { where: path, hint: 'make one with: ciphernet model compile', cause });
  }
}

const jsonOf = (bytes: Uint8Array, where: string): unknown => parseJson(new TextDecoder().decode(bytes), where);

/**
 * Reads a compiled model.
 *
 * @throws InputError when a part is missing or not what it should be, IntegrityError when they are not of one model
 */
export async function readCompiled(
  folder: string,
): Promise<{ readonly client: ClientSide; readonly compiled: CompiledCircuit }> {
  const [clientPath, circuitPath] = [join(folder, CLIENT_FILE), join(folder, CIRCUIT_FILE)];
  const [clientBytes, circuitBytes] = await Promise.all([readPart(clientPath), readPart(circuitPath)]);
  const client = clientSideFromJson(jsonOf(clientBytes, clientPath), clientPath);
  const digest = sha256Hex(circuitBytes);
  if (digest !== client.circuit) {
    throw new IntegrityError('the circuit is not the one that the client side names', {
      where: circuitPath,
      hint: 'compile the model again, and give its client side out anew',
    });
  }
  return { client, compiled: compiledFromJson(jsonOf(circuitBytes, circuitPath), circuitPath) };
}
