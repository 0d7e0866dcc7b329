import type * as measure from './webgpu/measure.js';

/** What times kernels on a GPU; loaded when a benchmark asks for it, since workers have no use for it. */
export function loadMeasurements(): Promise<typeof measure> {
  return import('./webgpu/measure.js');
}
