import { type CoreCounter, isCrowded } from './cores.js';

/** Circuits that a helper keeps, the latest ones: jobs come in flows of the same one. */
export const REMEMBERED_CIRCUITS = 4;

/** Words of the shared state: tickets given out, units done, stop flag, units that helpers took. */
const TICKETS = 0;
const DONE = 1;
const STOP = 2;
const FROM_BACK = 3;

/**
 * The units of one evaluation, shared by its threads. The calling thread takes them from the front, in the order in which
 * a shard is stored, so that it can hash what it reads; helpers take them from the back. A ticket for each unit keeps the
 * two from meeting.
 */
export interface Work {
  readonly units: number;
  readonly state: Int32Array;
}

/** @param units how many there are, numbered from 0 */
export function createWork(units: number): Work {
  return { units, state: new Int32Array(new SharedArrayBuffer(16)) };
}

/** Asks every thread to stop after its unit. */
export function stopWork({ state }: Work): void {
  Atomics.store(state, STOP, 1);
}

/** Share of the units that are done, 0 to 1. */
export function fractionDone({ state, units }: Work): number {
  return Atomics.load(state, DONE) / units;
}

/** Counts a unit as done. */
export function finishUnit({ state }: Work): void {
  Atomics.add(state, DONE, 1);
}

function hasTicket({ state, units }: Work): boolean {
  return Atomics.load(state, STOP) === 0 && Atomics.add(state, TICKETS, 1) < units;
}

/** Units from the front, for one thread. Each call gives the next, or undefined when none is left. */
export function frontOf(work: Work): () => number | undefined {
  let next = 0;
  return () => (hasTicket(work) ? next++ : undefined);
}

/** The next unit from the back, or undefined when none is left or the cores are needed elsewhere. */
export function takeFromBack(work: Work, cores: CoreCounter): number | undefined {
  if (isCrowded(cores) || !hasTicket(work)) return undefined;
  return work.units - 1 - Atomics.add(work.state, FROM_BACK, 1);
}
