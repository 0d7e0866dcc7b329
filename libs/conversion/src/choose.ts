import type { Candidate } from './candidates.js';
import type { DistillationOptions } from './distil.js';
import { TRIALS, type TrialResult, type TrialTask, tryCandidate } from './trial.js';

/** A trial that was made, and how long it was. */
export interface MadeTrial extends TrialResult {
  readonly steps: number;
}

/** What choosing may be given besides. */
export interface ChoosingOptions extends Pick<DistillationOptions, 'signal'> {
  /** Trials that were made before: they are not made again. */
  readonly known: readonly MadeTrial[];
  readonly onTrial: (trial: MadeTrial) => Promise<void>;
  readonly onStep: () => void;
}

/** Pairs of activations of the original that are tried for longer. */
const MOST_LONG = 3;

/** Structures that go into the long trial without a short one: a network without weights would lose that. */
function isTriedShortly(candidate: Candidate, candidates: readonly Candidate[]): boolean {
  return candidate.kind === 'original' && candidates.filter(({ kind }) => kind === 'original').length > MOST_LONG;
}

/** Steps of training that {@link rankCandidates} takes at most. */
export function stepsOfTrials(candidates: readonly Candidate[]): number {
  if (candidates.length < 2) return 0;
  const shortly = candidates.filter((candidate) => isTriedShortly(candidate, candidates)).length;
  const long = Math.min(MOST_LONG, shortly) + candidates.length - shortly;
  return shortly * TRIALS[0].steps + long * TRIALS[1].steps;
}

/**
 * Orders structures by what a short training makes of them, best first.
 *
 * @param task validation data decides
 * @throws the signal's reason
 */
export async function rankCandidates(
  candidates: readonly Candidate[],
  task: TrialTask,
  { known, onTrial, onStep, signal }: ChoosingOptions,
): Promise<{ readonly ranked: readonly Candidate[]; readonly trials: readonly MadeTrial[] }> {
  const trials = [...known];
  if (candidates.length < 2) return { ranked: candidates, trials };
  const order = async (tried: readonly Candidate[], length: (typeof TRIALS)[number]): Promise<Candidate[]> => {
    const losses = new Map<Candidate, number>();
    for (const candidate of tried) {
      const { name } = candidate;
      let trial = trials.find((made) => made.name === name && made.steps === length.steps);
      if (trial === undefined) {
        trial = { ...(await tryCandidate(candidate, task, length, { signal, onStep })), steps: length.steps };
        trials.push(trial);
        await onTrial(trial);
      }
      losses.set(candidate, trial.validationLoss);
    }
    return [...tried].sort((a, b) => (losses.get(a) ?? 0) - (losses.get(b) ?? 0));
  };
  const shortly = candidates.filter((candidate) => isTriedShortly(candidate, candidates));
  const best = (await order(shortly, TRIALS[0])).slice(0, MOST_LONG);
  const rest = candidates.filter((candidate) => !shortly.includes(candidate));
  return { ranked: await order([...best, ...rest], TRIALS[1]), trials };
}
