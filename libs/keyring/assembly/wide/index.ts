// What is computed for four polynomials at a time, for a compilation of its own in which V8 merges neighbouring vectors into 256 bits
// (src/wide.ts). No static data: it shares the memory of the other kernels.
export { isFused } from './arithmetic';
export { embedLanes } from './embedding';
export { inverseLanes } from './inverse';
export { transformLanes } from './transform';
