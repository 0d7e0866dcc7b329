export { createListRoom } from './list-room.js';
export { MISS_BITS, type Draw, drawPositions, missLog2, positionsPerPrime } from './draw.js';
export { type Sampling, samplePositions } from './sample.js';
