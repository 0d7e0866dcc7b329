import { InputError } from '@ciphernet/errors';
import { type CkksParameters, securityOfParameters } from '@ciphernet/parameters';
import type { MainModule, SEALContext } from 'node-seal';

export type Seal = MainModule;

/**
 * Loads node-seal's WASM module. `allows` accepts transparent ciphertexts, which an evaluation makes wherever all
 * weights of an output are zero; whoever encrypts takes `throws`.
 */
export async function loadSeal(transparent: 'allows' | 'throws'): Promise<Seal> {
  const module = transparent === 'allows' ? await import('node-seal/allows') : await import('node-seal/throws');
  return module.initialize();
}

/** A SEAL context and what belongs to it. Dispose it with `using`. */
export interface SealContext extends Disposable {
  readonly seal: Seal;
  readonly context: SEALContext;
  readonly parameters: CkksParameters;
  /** SEAL's parms_id with 1, 2, … data primes: `parmsIds[primes − 1]`. */
  readonly parmsIds: readonly BigUint64Array[];
}

/** Creates a context and checks that SEAL made the same primes and grants the security that we state. */
export function createSealContext(seal: Seal, parameters: CkksParameters): SealContext {
  const { ringDegree, primes, specialPrime } = parameters;
  using encryption = new seal.EncryptionParameters(seal.SchemeType.ckks);
  encryption.setPolyModulusDegree(ringDegree);
  using moduli = new seal.VectorModulus();
  for (const prime of [...primes, specialPrime]) {
    using modulus = new seal.Modulus(BigInt(prime));
    moduli.push_back(modulus);
  }
  encryption.setCoeffModulus(moduli);
  // A set that our bounds do not call secure exists in tests only; SEAL then must not refuse it either.
  const level = securityOfParameters(parameters).bits >= 128 ? seal.SecLevelType.tc128 : seal.SecLevelType.none;
  const context = new seal.SEALContext(encryption, true, level);
  if (!context.parametersSet()) {
    context.delete();
    throw new InputError('SEAL refuses the parameters', {
      where: `N=${ringDegree}, primes ${primes.join(', ')} + ${specialPrime}`,
      hint: 'use a set made by the planner',
    });
  }
  const parmsIds: BigUint64Array[] = [];
  let data = context.firstContextData();
  for (let left = primes.length; left >= 1; left--) {
    using id = data.parmsId();
    parmsIds.unshift(BigUint64Array.from(id.values() as BigUint64Array));
    const next = left > 1 ? data.nextContextData() : undefined;
    data.delete();
    if (next === undefined) break;
    data = next;
  }
  return { seal, context, parameters, parmsIds, [Symbol.dispose]: () => context.delete() };
}

/** What SEAL threw, as text: its C++ exceptions arrive as WebAssembly.Exception. */
export function sealMessage(seal: Seal, error: unknown): string {
  if (error instanceof Error) return error.message;
  const read = (seal as unknown as { getExceptionMessage?: (e: unknown) => readonly string[] }).getExceptionMessage;
  try {
    return read?.(error).at(-1) ?? 'SEAL failed';
  } catch {
    return 'SEAL failed';
  }
}
