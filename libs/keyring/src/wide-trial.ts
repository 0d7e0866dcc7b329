import { elementAt } from '@ciphernet/foundation';
import type { SharedMemory } from '@ciphernet/ring';
import type { EncryptionKernels } from './encryption-kernels.js';
import { type EncryptionLayout, GROUP, type PrimeMemory } from './encryption-memory.js';
import type { WideKernels } from './wide-kernels.js';

/** Where both sets of kernels compute the same: the first thread's workspace. */
interface Trial {
  readonly memory: SharedMemory;
  readonly kernels: EncryptionKernels;
  readonly wide: WideKernels;
  readonly layout: EncryptionLayout;
}

/** Numbers in [−most, most]; which ones does not matter, and they are the same each time. */
function fill(numbers: Int32Array | Float32Array, most: number): void {
  let state = 1;
  for (let i = 0; i < numbers.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    numbers[i] = (state / 2 ** 31) * most;
  }
}

const spaceOf = ({ layout }: Trial) => elementAt(layout.workspaces, 0);
const isFolded = ({ layout }: Trial): boolean => layout.ring === 'conjugate-invariant';
const everyLane = (test: (c: number) => boolean): boolean => Array.from({ length: GROUP }, (_, c) => c).every(test);

/** Every coefficient of a group's embedding. */
function embedsAlike(trial: Trial): boolean {
  const { memory, kernels, wide, layout } = trial;
  const { slotCount: M, order, twiddles, rotations } = layout;
  const space = spaceOf(trial);
  const [messages, noErrors] = space.small;
  const rows = space.residues[0];
  const byFeature = space.values + 16 * M;
  fill(new Float32Array(memory.buffer, rows, GROUP * M), 1);
  kernels.regroup(rows, M, GROUP, 0, GROUP, M, space.values);
  kernels.transpose(rows, M, GROUP, 0, GROUP, byFeature);
  new Int32Array(memory.buffer, noErrors, GROUP * layout.ringDegree).fill(0);
  const [factor, logM] = [2 ** 22 / M, Math.log2(M)];
  const rounding = elementAt(layout.primes, 0).laneRoots + 16;
  wide.embedLanes(space.values, factor, order, twiddles, rotations, rounding, space.lanes, logM);
  kernels.laneMessages(space.lanes, noErrors, logM, isFolded(trial), messages);
  const together = new Int32Array(memory.buffer, messages, GROUP * layout.ringDegree);
  const alone = new Int32Array(memory.buffer, space.scratch, layout.ringDegree);
  return everyLane((c) => {
    const values = byFeature + 4 * c * M;
    kernels.embed(values, M, factor, order, twiddles, rotations, space.slots, space.scratch, logM, isFolded(trial));
    return alone.every((coefficient, i) => coefficient === together[GROUP * i + c]);
  });
}

/** Every residue of a group, where `together` has filled its lanes with those of `small[0]`, and `alone` takes one polynomial after another. */
function residuesAlike(trial: Trial, prime: number, together: () => void, alone: (c: number) => Uint32Array): boolean {
  together();
  const { memory, layout } = trial;
  const low = new Int32Array(memory.buffer, spaceOf(trial).lanes, 2 * GROUP * layout.ringDegree);
  return everyLane((c) =>
    alone(c).every((residue, i) => {
      const centred = elementAt(low, 2 * (GROUP * i + c));
      return residue === (centred < 0 ? centred + prime : centred);
    }),
  );
}

/** The largest message less an error that `transformMessage` takes. */
const MOST_MESSAGE = 2 ** 30 + 21;

function transformsAlike(trial: Trial, { prime, tables, modulus, laneRoots }: PrimeMemory): boolean {
  const { memory, kernels, wide, layout } = trial;
  const { ringDegree: N, logN } = layout;
  const { small, scratch, transformed, lanes } = spaceOf(trial);
  const sources = new Int32Array(memory.buffer, small[0], GROUP * N);
  fill(sources, MOST_MESSAGE);
  const one = new Int32Array(memory.buffer, scratch, N);
  return residuesAlike(
    trial,
    prime,
    () => wide.transformLanes(small[0], lanes, logN, laneRoots, Number(isFolded(trial))),
    (c) => {
      for (let i = 0; i < N; i++) one[i] = elementAt(sources, GROUP * i + c);
      kernels.transformMessage(scratch, transformed, logN, tables, modulus);
      return new Uint32Array(memory.buffer, transformed, N);
    },
  );
}

function inversesAlike(
  trial: Trial,
  { prime, tables, modulus, laneRoots, inverseLaneRoots = 0 }: PrimeMemory,
): boolean {
  const { memory, kernels, wide, layout } = trial;
  const { ringDegree: N, logN } = layout;
  const { small, scratch, lanes } = spaceOf(trial);
  const sources = new Int32Array(memory.buffer, small[0], GROUP * N);
  fill(sources, prime - 1);
  const one = new Uint32Array(memory.buffer, scratch, N);
  return residuesAlike(
    trial,
    prime,
    () => wide.inverseLanes(small[0], lanes, logN, inverseLaneRoots, isFolded(trial) ? laneRoots : 0),
    (c) => {
      for (let i = 0; i < N; i++) {
        const value = elementAt(sources, GROUP * i + c);
        one[i] = value < 0 ? value + prime : value;
      }
      kernels.nttInverse(scratch, logN, tables, modulus);
      return one;
    },
  );
}

/**
 * Whether a group comes out of both sets of kernels alike: every coefficient of one embedding, and every residue of one transform modulo
 * the first prime and of one inverse transform modulo the special prime, on machines with fused multiply-adds. The workspace is zeroed again.
 *
 * @param layout with its constants and tables written
 */
export function agrees(trial: Trial): boolean {
  if (trial.wide.isFused() !== 1) return false;
  const { primes } = trial.layout;
  const isAlike =
    embedsAlike(trial) &&
    transformsAlike(trial, elementAt(primes, 0)) &&
    inversesAlike(trial, elementAt(primes, primes.length - 1));
  const { start, bytes } = spaceOf(trial);
  trial.kernels.wipe(start, bytes);
  return isAlike;
}
