export { createListRoom } from './list-room.js';
export { type Draw, drawPositions } from './draw.js';
export { type Sampling, samplePositions } from './sample.js';
