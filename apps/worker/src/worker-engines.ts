import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { EngineName } from '@ciphernet/artifacts';
import { type Engine, engineNamed } from '@ciphernet/engines';
import { messageOf, nameOf } from '@ciphernet/foundation';

/** Under this name infer threads find the engine that their worker has chosen. */
const KEY = 'ciphernet.engine';

/** Lets the infer threads of this process use `name` for jobs that leave the engine to the worker. Call it before workers start. */
export function configureEngine(name: EngineName): void {
  setEnvironmentData(KEY, name);
}

/** The worker's engine failed in this thread: it stays with `simd` until it ends. */
let hasFailed = false;

/**
 * Engines for a job, the best first. A job that names one gets it or fails; one that leaves it to the worker gets the worker's,
 * and `simd` behind it.
 *
 * @throws InputError for an unknown name
 */
export function enginesFor(wanted: string): readonly Engine[] {
  if (wanted !== 'auto') return [engineNamed(wanted)];
  const chosen = getEnvironmentData(KEY);
  const simd = engineNamed('simd');
  if (typeof chosen !== 'string' || chosen === simd.name || hasFailed) return [simd];
  return [engineNamed(chosen), simd];
}

/** True for what another engine may do all the same: the device failed, or cannot do this circuit. */
function isOfEngine(error: unknown): boolean {
  return ['DeviceError', 'UnsupportedError'].includes(nameOf(error));
}

/**
 * Evaluates with the first engine that can.
 *
 * @param evaluate evaluates from the start with the engine that it is given
 * @param say is told, in a line, why the next engine is taken
 * @throws what the last engine throws, and at once what is not an engine's fault
 */
export async function withFirstAble<T>(
  engines: readonly Engine[],
  evaluate: (engine: Engine) => Promise<T>,
  say: (line: string) => void,
): Promise<T> {
  const [engine, ...others] = engines;
  if (engine === undefined) throw new RangeError('no engine');
  try {
    return await evaluate(engine);
  } catch (error) {
    const [next] = others;
    if (next === undefined || !isOfEngine(error)) throw error;
    if (nameOf(error) === 'DeviceError') hasFailed = true;
    say(`engine ${next.name} instead of ${engine.name}: ${messageOf(error)}`);
    return withFirstAble(others, evaluate, say);
  }
}
