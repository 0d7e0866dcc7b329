/** Engines by the names that jobs, reports and command lines carry; `engines` has one for each. */
export const ENGINE_NAMES = ['simd', 'seal', 'webgpu'] as const;
/** One of the engines' names. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** The fast one. */
export const DEFAULT_ENGINE: EngineName = 'simd';
