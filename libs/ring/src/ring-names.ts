/**
 * The rings of ciphertexts. `standard` is Z[X]/(X^N + 1), with N/2 complex slots. `conjugate-invariant` is the part of
 * Z[X]/(X^2N + 1) that X → 1/X leaves as it is (Kim and Song, ePrint 2018/952): N coefficients, N real slots.
 */
export const RING_NAMES = ['conjugate-invariant', 'standard'] as const;

/** One of them. */
export type RingName = (typeof RING_NAMES)[number];

/** A ring of N coefficients. */
export interface Ring {
  readonly ring: RingName;
  /** N: coefficients of an element, and its residues modulo a prime. */
  readonly ringDegree: number;
}

/** What `rootsInit` calls the rings: constants of assembly/roots.ts. */
export const RING_CODES: Readonly<Record<RingName, number>> = { standard: 0, 'conjugate-invariant': 1 };

/** Degree of the negacyclic ring that the elements lie in, as SEAL computes with them: N or 2N. */
export function embeddingDegree({ ring, ringDegree }: Ring): number {
  return ring === 'standard' ? ringDegree : 2 * ringDegree;
}

/** Slots, each of which holds one real value: N/2 or N. */
export function slotsOf(ring: Ring): number {
  return embeddingDegree(ring) / 2;
}

/** Real values that a slot can hold: two where it is complex. */
export function valuesPerSlot(ring: RingName): number {
  return ring === 'standard' ? 2 : 1;
}
