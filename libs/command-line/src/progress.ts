import { createRequire } from 'node:module';
import type * as CliProgress from 'cli-progress';

/** One line of progress: a bar in a terminal, a plain line every few seconds elsewhere. */
export interface Progress {
  update(done: number, total: number, note?: string): void;
  finish(note: string): void;
}

/** Where the stages of a command show how far they are. */
export interface ProgressBoard {
  /** @param unit what is counted, for the rate: `images`, `batches`; empty for fractions */
  start(name: string, unit: string): Progress;
  stop(): void;
}

const PLAIN_INTERVAL_MS = 3000;

function durationText(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  return whole >= 60 ? `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s` : `${whole}s`;
}

/** Rate since the first update, and the time left at that rate. */
function meter(unit: string): (done: number, total: number) => string {
  const started = performance.now();
  return (done, total) => {
    const elapsed = (performance.now() - started) / 1000;
    const rate = elapsed > 0 ? done / elapsed : 0;
    const left = rate > 0 ? (total - done) / rate : Infinity;
    return `${unit === '' ? '' : `${Math.round(rate).toLocaleString('en')} ${unit}/s, `}${durationText(left)} left`;
  };
}

function terminalBoard(): ProgressBoard {
  // Loaded for a terminal only: commands that show no bar start without it.
  const { MultiBar, Presets } = createRequire(import.meta.url)('cli-progress') as typeof CliProgress;
  const bars = new MultiBar(
    {
      format: '{name} {bar} {percentage}% | {meter} {note}',
      hideCursor: true,
      clearOnComplete: false,
      barsize: 28,
      stream: process.stderr,
    },
    Presets.shades_classic,
  );
  return {
    start(name, unit) {
      const measure = meter(unit);
      const bar: CliProgress.SingleBar = bars.create(1, 0, { name: name.padEnd(9), meter: '', note: '' });
      return {
        update(done, total, note = '') {
          bar.setTotal(total);
          bar.update(done, { meter: measure(done, total), note });
        },
        finish(note) {
          bar.update(bar.getTotal(), { meter: '', note });
          bar.stop();
        },
      };
    },
    stop: () => bars.stop(),
  };
}

function plainBoard(): ProgressBoard {
  return {
    start(name, unit) {
      const measure = meter(unit);
      let last = performance.now();
      return {
        update(done, total, note = '') {
          const now = performance.now();
          if (now - last < PLAIN_INTERVAL_MS) return;
          last = now;
          const share = ((100 * done) / total).toFixed(0);
          process.stderr.write(`${name}: ${share} %, ${measure(done, total)}${note === '' ? '' : `, ${note}`}\n`);
        },
        finish: (note) => void process.stderr.write(`${name}: done, ${note}\n`),
      };
    },
    stop: () => undefined,
  };
}

/** Bars in a terminal, plain lines elsewhere; on standard error. */
export function createProgressBoard(): ProgressBoard {
  return process.stderr.isTTY ? terminalBoard() : plainBoard();
}
