import type { BenchmarkRecord, Figures } from '@ciphernet/benchmarks';
import { describe, expect, it } from '@jest/globals';
import { historyPage } from '../src/benchmark-page.js';

function record(index: number, figures: Partial<Figures>): BenchmarkRecord {
  return {
    format: 'ciphernet-benchmark',
    version: 1,
    suite: 'nightly',
    run: `bench-${index}`,
    startedAt: 1_700_000_000_000 + index * 60_000,
    finishedAt: 1_700_000_000_000 + index * 60_000 + 5000,
    status: 'done',
    evaluations: [
      {
        evaluation: `bench-${index}-0`,
        dataset: 'mnist',
        model: 'cnn 12345678',
        engine: 'simd',
        images: 1000,
        figures: {
          accuracy: 0.99,
          imagesPerSecond: 5000,
          uploadBytes: 50_000,
          downloadBytes: 400,
          inferSeconds: 2,
          decryptSeconds: 0.5,
          ...figures,
        },
      },
    ],
  };
}

describe('the history page', () => {
  it('shows every run, marks what left its spread, and says what was skipped', async () => {
    const history = [0, 1, 2].map((i) => record(i, {}));
    const skipped: BenchmarkRecord = {
      ...record(4, {}),
      status: 'skipped',
      reason: 'bench-<3> was still going',
      evaluations: [],
    };
    const html = await historyPage('nightly', [...history, record(3, { accuracy: 0.9 }), skipped]);
    expect(html).toContain('4 runs, 0 failed, 1 skipped');
    expect(html).toContain('skipped: bench-&lt;3&gt; was still going');
    expect(html).toContain('accuracy 90.00 %, limit 99.00 %');
    expect(html.match(/<svg/g)).toHaveLength(4);
    expect(html).not.toMatch(/<script/);
  });
});
