import { InputError } from '@ciphernet/errors';
import type { Engine } from './engine.js';
import { simdEngine } from './simd-engine.js';
import { sealEngine } from './seal-engine.js';

const ENGINES: readonly Engine[] = [simdEngine, sealEngine];

export const ENGINE_NAMES: readonly string[] = ENGINES.map((engine) => engine.name);
export const DEFAULT_ENGINE = 'simd';

export function engineNamed(name: string): Engine {
  const found = ENGINES.find((engine) => engine.name === name);
  if (found !== undefined) return found;
  throw new InputError(`unknown engine '${name}'`, {
    where: '--engine',
    hint: `use one of ${ENGINE_NAMES.join(', ')}`,
  });
}
