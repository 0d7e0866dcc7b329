import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { WRITE_BYTES, median } from '@ciphernet/foundation';

/** Of a shard, roughly. */
export const FILE_BYTES = 128 * 2 ** 20;
/** What calls were before. */
const LONG_BYTES = 8 * 2 ** 20;
const ROUNDS = 5;

/** Seconds of a new file, kept until all are written: what one gives back the next would take. */
function secondsOf(path: string, call: Uint8Array): number {
  const started = performance.now();
  const file = openSync(path, 'wx');
  try {
    for (let at = 0; at < FILE_BYTES; at += call.length) writeSync(file, call, 0, call.length, at);
  } finally {
    closeSync(file);
  }
  return (performance.now() - started) / 1000;
}

/** Seconds of a new file of {@link FILE_BYTES}, medians. */
export interface FileFigures {
  /** In calls as ours are. */
  readonly seconds: number;
  /** In longer ones. */
  readonly longCallSeconds: number;
}

/**
 * How long new files take by the length of the calls that write them: on a virtual machine that is a question of its host's memory.
 *
 * @param folder where the files are, for as long as it takes
 * @returns what they take in turns
 */
export function benchFiles(folder: string): FileFigures {
  const files = mkdtempSync(join(folder, 'files-'));
  const [short, long] = [WRITE_BYTES, LONG_BYTES].map((bytes) => new Uint8Array(bytes).fill(1)) as [
    Uint8Array,
    Uint8Array,
  ];
  try {
    const rounds = Array.from({ length: ROUNDS }, (_, round) => ({
      short: secondsOf(join(files, `short-${round}`), short),
      long: secondsOf(join(files, `long-${round}`), long),
    }));
    return {
      seconds: median(rounds.map((each) => each.short)),
      longCallSeconds: median(rounds.map((each) => each.long)),
    };
  } finally {
    rmSync(files, { recursive: true });
  }
}
