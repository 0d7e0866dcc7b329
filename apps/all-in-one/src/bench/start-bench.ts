import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from '@ciphernet/foundation';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** The steps from file to file, each a process. */
const STEPS: readonly (readonly string[])[] = [
  ['model', 'compile'],
  ['keys', 'create'],
  ['encrypt'],
  ['infer'],
  ['decrypt'],
];

/**
 * Seconds that each step takes to start and to load what it works with: until it has written its help.
 *
 * @param repetitions of which the median is taken
 */
export function benchStarts(repetitions = 5): Readonly<Record<string, number>> {
  const secondsOf = (step: readonly string[]): number => {
    const started = performance.now();
    spawnSync(process.execPath, [MAIN, ...step, '--help'], { stdio: 'ignore' });
    return (performance.now() - started) / 1000;
  };
  return Object.fromEntries(
    STEPS.map((step) => [step.join(' '), median(Array.from({ length: repetitions }, () => secondsOf(step)))]),
  );
}
