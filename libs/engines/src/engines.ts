import { ENGINE_NAMES, type EngineName } from '@ciphernet/artifacts';
import { InputError } from '@ciphernet/foundation';
import type { Engine } from './engine.js';
import { sealEngine } from './seal/engine.js';
import { simdEngine } from './wasm/engine.js';
import { webgpuEngine } from './webgpu/engine.js';

/** Every engine; a new one is a line here and a name in `artifacts`. */
const ENGINES: Readonly<Record<EngineName, Engine>> = { simd: simdEngine, seal: sealEngine, webgpu: webgpuEngine };

/** @throws InputError listing the names for an unknown one */
export function engineNamed(name: string): Engine {
  const found = ENGINE_NAMES.find((known) => known === name);
  if (found !== undefined) return ENGINES[found];
  throw new InputError(`unknown engine '${name}'`, {
    where: 'engine',
    hint: `use one of ${ENGINE_NAMES.join(', ')}`,
  });
}
