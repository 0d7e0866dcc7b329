/** Engines by the names that jobs, reports and command lines carry; `engines` has one for each. */
export const ENGINE_NAMES = ['simd', 'seal', 'webgpu'] as const;
/** One of the engines' names. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What a job may ask for: an engine, or with `auto` whichever its worker has found to be the fastest. */
export const ENGINE_CHOICES = ['auto', ...ENGINE_NAMES] as const;
/** One of the choices. */
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** Every worker can take a job that leaves the engine to it. */
export const DEFAULT_ENGINE: EngineChoice = 'auto';
