/** What encrypting a shard is made of, in the order in which a thread does it. */
export const ENCRYPTION_STEPS = [
  /** Moving values to where they are encrypted. */
  'values',
  /** Drawing errors and, with the public key, small secrets. */
  'randomness',
  /** From slots to coefficients. */
  'embedding',
  /** Expanding second components from their seed. */
  'masks',
  /** Number-theoretic ones, with products that are made along with them. */
  'transforms',
  /** Products with the key, and laying residues out in tiles. */
  'products',
  /** Of the positions. */
  'digests',
] as const;

export type EncryptionStep = (typeof ENCRYPTION_STEPS)[number];

/** Does a part of a step. @returns what the work returns */
export type StepClock = <Result>(step: EncryptionStep, work: () => Result) => Result;

/** Of whoever does not ask how long steps take. */
const noClock: StepClock = (_step, work) => work();

/** Memory for the seconds that each step takes, [thread][step], zeroed and shared: threads add to theirs. */
export function createStepSeconds(threads: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * threads * ENCRYPTION_STEPS.length));
}

/** Seconds of each step, of all threads together. @param seconds of {@link createStepSeconds} */
export function secondsOfSteps(seconds: Float64Array): Record<EncryptionStep, number> {
  const totals = ENCRYPTION_STEPS.map((_, step) =>
    seconds.reduce((sum, value, i) => (i % ENCRYPTION_STEPS.length === step ? sum + value : sum), 0),
  );
  return Object.fromEntries(ENCRYPTION_STEPS.map((step, i) => [step, totals[i]])) as Record<EncryptionStep, number>;
}

/** Adds what a thread's steps take to its part of `seconds`, where there are any. */
export function stepClock(seconds: Float64Array | undefined, thread: number): StepClock {
  if (seconds === undefined) return noClock;
  const first = thread * ENCRYPTION_STEPS.length;
  return (step, work) => {
    const started = performance.now();
    const result = work();
    const at = first + ENCRYPTION_STEPS.indexOf(step);
    seconds[at] = (seconds[at] ?? 0) + (performance.now() - started) / 1000;
    return result;
  };
}
