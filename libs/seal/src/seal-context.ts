import { type CkksParameters, embeddingDegree, securityOfParameters } from '@ciphernet/ckks';
import { InputError } from '@ciphernet/foundation';
import type { MainModule, SEALContext } from 'node-seal';

/**
 * What evaluation needs of node-seal's module. No key can be made, loaded or used with it, and nothing encrypted or
 * decrypted: those classes are handed out by the owner's package alone.
 */
const EVALUATION = [
  'Ciphertext',
  'ComprModeType',
  'EncryptionParameters',
  'Evaluator',
  'Modulus',
  'Plaintext',
  'SEALContext',
  'SchemeType',
  'SecLevelType',
  'VectorModulus',
] as const;

/** The part of node-seal's module that evaluation needs. */
export type EvaluationSeal = Pick<MainModule, (typeof EVALUATION)[number]>;

/** A module's members by name, without the rest of it. */
export function restrictToEvaluation(module: MainModule): EvaluationSeal {
  return Object.freeze(Object.fromEntries(EVALUATION.map((name) => [name, module[name]]))) as unknown as EvaluationSeal;
}

/**
 * Loads node-seal for evaluation: the build that accepts transparent ciphertexts, which an evaluation makes wherever all
 * weights of an output are zero.
 */
export async function loadEvaluationSeal(): Promise<EvaluationSeal> {
  const module = await import('node-seal/allows');
  return restrictToEvaluation(await module.initialize());
}

/** A SEAL context and what belongs to it. Dispose it with `using`. */
export interface SealContext<Module extends EvaluationSeal = EvaluationSeal> extends Disposable {
  readonly seal: Module;
  readonly context: SEALContext;
  readonly parameters: CkksParameters;
  /** SEAL's parms_id with 1, 2, … data primes, `parmsIds[primes − 1]`, of those levels that it has. */
  readonly parmsIds: readonly BigUint64Array[];
}

/** SEAL's name of a level, its parms_id. */
export function parmsIdOf(level: ReturnType<SEALContext['keyContextData']>): BigUint64Array {
  using id = level.parmsId();
  return BigUint64Array.from(id.values() as BigUint64Array);
}

/**
 * A context of SEAL's over the first of the parameters' primes and the special one, in which SEAL grants the security that we state.
 * Elements of the conjugate-invariant ring are elements of SEAL's ring of twice the degree; their security is of their own, so SEAL's
 * check of it is off.
 *
 * @param hasLevels makes a level for each prime that may be dropped: SEAL computes its tables of roots for each level anew
 */
function contextOver<Module extends EvaluationSeal>(
  seal: Module,
  parameters: CkksParameters,
  limbs: number,
  hasLevels: boolean,
): SealContext<Module> {
  const { ringDegree, specialPrime } = parameters;
  const primes = parameters.primes.slice(0, limbs);
  const degree = embeddingDegree(parameters);
  using encryption = new seal.EncryptionParameters(seal.SchemeType.ckks);
  encryption.setPolyModulusDegree(degree);
  using moduli = new seal.VectorModulus();
  for (const prime of [...primes, specialPrime]) {
    using modulus = new seal.Modulus(BigInt(prime));
    moduli.push_back(modulus);
  }
  encryption.setCoeffModulus(moduli);
  // A set that our bounds do not call secure exists in tests only; SEAL then must not refuse it either.
  const isSeals = degree === ringDegree && securityOfParameters(parameters).bits >= 128;
  const level = isSeals ? seal.SecLevelType.tc128 : seal.SecLevelType.none;
  const context = new seal.SEALContext(encryption, hasLevels, level);
  if (!context.parametersSet()) {
    context.delete();
    throw new InputError('SEAL refuses the parameters', {
      where: `N=${ringDegree}, primes ${primes.join(', ')} + ${specialPrime}`,
      hint: 'use a set made by the planner',
    });
  }
  const parmsIds: BigUint64Array[] = [];
  let data = context.firstContextData();
  for (let left = limbs; left >= 1; left--) {
    parmsIds[left - 1] = parmsIdOf(data);
    const next = hasLevels && left > 1 ? data.nextContextData() : undefined;
    data.delete();
    if (next === undefined) break;
    data = next;
  }
  return { seal, context, parameters, parmsIds, [Symbol.dispose]: () => context.delete() };
}

/**
 * Creates a context with all levels: of keys, with the special prime, and of data.
 *
 * @throws InputError when SEAL refuses the parameters
 */
export function createSealContext<Module extends EvaluationSeal>(
  seal: Module,
  parameters: CkksParameters,
): SealContext<Module> {
  return contextOver(seal, parameters, parameters.primes.length, true);
}

/**
 * Creates a context of one level of data, over the first of the parameters' primes, beside that of keys, which SEAL wants a prime more
 * for: the special one. For decryption of what has these primes; at N = 16384 and five primes it takes half of the second that all
 * levels take.
 *
 * @param limbs how many primes, 1 to all
 * @throws InputError when SEAL refuses the parameters
 */
export function createLevelContext<Module extends EvaluationSeal>(
  seal: Module,
  parameters: CkksParameters,
  limbs: number,
): SealContext<Module> {
  return contextOver(seal, parameters, limbs, false);
}
