import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ClientSide,
  type CompiledCircuit,
  type Packing,
  clientSideFromJson,
  clientSideToBytes,
  compiledFromJson,
} from '@ciphernet/compiler';
import {
  InputError,
  IntegrityError,
  hashing,
  parseJson,
  readPlain,
  sha256Hex,
  writeInTurn,
} from '@ciphernet/foundation';

/** What the client gets. */
const CLIENT_FILE = 'client.json';

/** What the server keeps. */
const CIRCUIT_FILES: Readonly<Record<Packing, string>> = { slots: 'circuit.json', products: 'products.bin' };

/** Weights of the largest circuit as base64, twice over. */
const MOST_BYTES = 2 ** 28;

/**
 * Writes a compiled model into a folder: the circuit readable by its owner alone, and the client side with the circuit's digest.
 *
 * @param circuit its bytes, in order
 */
export async function writeCompiled(
  folder: string,
  client: Omit<ClientSide, 'circuit'>,
  circuit: Iterable<Uint8Array>,
): Promise<ClientSide> {
  const hashed = hashing(circuit);
  {
    await using file = await open(join(folder, CIRCUIT_FILES[client.packing]), 'wx', 0o600);
    await writeInTurn(file, hashed.chunks);
  }
  const whole = { ...client, circuit: hashed.sum().digest };
  await writeFile(join(folder, CLIENT_FILE), clientSideToBytes(whole), { flag: 'wx' });
  return whole;
}

async function readPart(path: string): Promise<Uint8Array> {
  try {
    return await readPlain(path, { most: MOST_BYTES });
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('no compiled model', { where: path, hint: 'make one with: ciphernet model compile', cause });
  }
}

const jsonOf = (bytes: Uint8Array, where: string): unknown => parseJson(new TextDecoder().decode(bytes), where);

/** The client side of a compiled model. @throws InputError when it is missing or not what it should be */
export async function readClientPart(folder: string): Promise<ClientSide> {
  const path = join(folder, CLIENT_FILE);
  return clientSideFromJson(jsonOf(await readPart(path), path), path);
}

/** Path of the circuit of a packing. */
export function circuitPath(folder: string, packing: Packing): string {
  return join(folder, CIRCUIT_FILES[packing]);
}

/**
 * Reads the circuit for whole batches.
 *
 * @param client its client side
 * @throws InputError when it is missing or not what it should be, IntegrityError when it is not the one that the client side names
 */
export async function readCircuit(folder: string, client: ClientSide): Promise<CompiledCircuit> {
  const path = circuitPath(folder, 'slots');
  const bytes = await readPart(path);
  if (sha256Hex(bytes) === client.circuit) return compiledFromJson(jsonOf(bytes, path), path);
  throw new IntegrityError('the circuit is not the one that the client side names', {
    where: path,
    hint: 'compile the model again, and give its client side out anew',
  });
}
