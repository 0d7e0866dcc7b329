import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { compiledToBytes, dequantise, evaluateCircuit } from '@ciphernet/compiler';
import { NO_TRANSFORM } from '@ciphernet/datasets';
import type { LayersModelArtifact } from '@ciphernet/formats';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { compileModel } from '../src/compile.js';
import { type PublicExamples, loadModel, saveModel } from '../src/model-store.js';

const SIZE = 6;
const PIXELS = SIZE * SIZE;
const SHAPE = { height: SIZE, width: SIZE, channels: 1 };

/** A generator that is the same everywhere: a linear congruence, in [0, 1). */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** 36 → 12, square, 12 → 3, with the given weights. */
function artifact(seed: number): LayersModelArtifact {
  const next = uniform(seed);
  const dense = (name: string, units: number, extra: object): object => ({
    class_name: 'Dense',
    config: { name, units, use_bias: true, activation: 'linear', ...extra },
  });
  const shapes: readonly [string, number[]][] = [
    ['a/kernel', [PIXELS, 12]],
    ['a/bias', [12]],
    ['b/kernel', [12, 3]],
    ['b/bias', [3]],
  ];
  const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
  const weights = shapes.flatMap(([, shape]) => Array.from({ length: sizeOf(shape) }, () => (next() - 0.5) / 2));
  return {
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 'small',
        layers: [
          dense('a', 12, { batch_input_shape: [null, PIXELS] }),
          { class_name: 'Square', config: { name: 'square' } },
          dense('b', 3, {}),
        ],
      },
    },
    weightSpecs: shapes.map(([name, shape]) => ({ name, shape, dtype: 'float32' as const })),
    weightData: new Uint8Array(Float32Array.from(weights).buffer),
  };
}

/** Images whose neighbouring pixels resemble each other. */
function smoothImages(count: number, seed: number): PublicExamples {
  const next = uniform(seed);
  const images = new Uint8Array(count * PIXELS);
  let value = 0.5;
  for (let i = 0; i < images.length; i++) {
    value = 0.85 * value + 0.15 * next();
    images[i] = Math.round(255 * value);
  }
  return { images, shape: SHAPE };
}

async function withStore(body: (blobs: BlobStore, reopen: () => Promise<BlobStore>) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  await body(await openDirectoryStore(folder.path), () => openDirectoryStore(folder.path));
}

const origin = { name: 'small', transform: NO_TRANSFORM };

describe('a stored model', () => {
  it('compiles to the same bytes in every process that loads it', () =>
    withStore(async (blobs, reopen) => {
      const digest = await saveModel(blobs, artifact(1), origin, smoothImages(300, 2));
      const here = compileModel(await loadModel(blobs, digest), { mode: 'public' });
      const there = compileModel(await loadModel(await reopen(), digest), { mode: 'public' });
      expect(compiledToBytes(there)).toEqual(compiledToBytes(here));
    }));

  it('errs by rounding as its plan predicts, through a square', () =>
    withStore(async (blobs) => {
      const model = await loadModel(blobs, await saveModel(blobs, artifact(3), origin, smoothImages(1000, 4)));
      const { plan, circuit } = compileModel(model, { mode: 'public' });
      const others = Float32Array.from(smoothImages(500, 5).images, (value) => value / 255);
      const exact = evaluateCircuit(model.circuit, others);
      const rounded = evaluateCircuit(dequantise(circuit), others);
      const squares = exact.reduce((sum, value, i) => sum + (value - (rounded[i] ?? 0)) ** 2, 0);
      const measured = Math.sqrt(squares / exact.length);
      expect(measured).toBeLessThan(2 * plan.roundingDeviation);
      expect(measured).toBeGreaterThan(plan.roundingDeviation / 4);
    }));

  it('keeps the first thousand of its examples', () =>
    withStore(async (blobs) => {
      const model = await loadModel(blobs, await saveModel(blobs, artifact(6), origin, smoothImages(1200, 7)));
      expect(model.record.calibration.examples).toBe(1000);
    }));

  it.each<[string, (record: Record<string, unknown>) => void, RegExp]>([
    ['of another version', (record) => (record['version'] = 1), /version.*train or import it again/s],
    [
      'whose examples are fewer than it says',
      (record) => ((record['calibration'] as { examples: number }).examples = 400),
      /10800 bytes of examples, 14400 are expected/,
    ],
    [
      'whose examples are more than it says',
      (record) => ((record['calibration'] as { examples: number }).examples = 2),
      /10800 bytes, at most 136 are expected/, // with what sealing would add
    ],
    [
      'with more examples than are ever kept',
      (record) => ((record['calibration'] as { examples: number }).examples = 100_000),
      /calibration.examples/,
    ],
    [
      'whose examples are of another size',
      (record) => ((record['examples'] as { height: number }).height = 5),
      /10800 bytes, at most 9064 are expected/,
    ],
  ])('%s is refused', (_name, change, message) =>
    withStore(async (blobs) => {
      const digest = await saveModel(blobs, artifact(8), origin, smoothImages(300, 9));
      const record = JSON.parse(new TextDecoder().decode(await blobs.get(digest))) as Record<string, unknown>;
      change(record);
      const changed = await blobs.put(new TextEncoder().encode(JSON.stringify(record)));
      await expect(loadModel(blobs, changed.digest)).rejects.toThrow(message);
    }),
  );

  it('whose calibration is of another circuit is not compiled', () =>
    withStore(async (blobs) => {
      const model = await loadModel(blobs, await saveModel(blobs, artifact(10), origin, smoothImages(50, 11)));
      const calibration = { ...model.record.calibration, meanGains: [1, 1] };
      const wrong = { ...model, record: { ...model.record, calibration } };
      expect(() => compileModel(wrong, { mode: 'public' })).toThrow(/another circuit/);
    }));

  it('is not saved with examples that it does not read', () =>
    withStore(async (blobs) => {
      const few = { images: new Uint8Array(16), shape: { height: 4, width: 4, channels: 1 } };
      await expect(saveModel(blobs, artifact(12), origin, few)).rejects.toThrow(
        /reads 36 features, the examples have 16/,
      );
      const half = { images: new Uint8Array(50), shape: SHAPE };
      await expect(saveModel(blobs, artifact(12), origin, half)).rejects.toThrow(/50 bytes are not images of 6 × 6/);
    }));
});
