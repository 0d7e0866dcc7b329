export { type AuditRoom, createAuditRoom } from './audit-room.js';
export { MISS_BITS, type Draw, drawPositions, missLog2, positionsPerPrime } from './draw.js';
export { ForgedPosition, type SpotCheck, spotCheck } from './spot-check.js';
