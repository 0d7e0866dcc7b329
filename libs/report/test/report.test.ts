import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@ciphernet/testing';
import { reportToHtml, sizeText } from '../src/html.js';
import { marginsOf } from '../src/margins.js';
import { confusionMatrix, logitError } from '../src/metrics.js';
import type { Report } from '../src/schema.js';
import { reportToText } from '../src/text.js';
import { readReport, writeReport } from '../src/write.js';
import { exampleReport } from './example-report.js';

/** What an owner sees who may not hold the model. */
function withoutModel(): Report {
  const { agreement: _a, precision: _p, ...report } = exampleReport();
  return {
    ...report,
    model: { digest: report.model.digest },
    accuracy: { encrypted: 0.99 },
    seconds: { infer: 2, inferTotal: 2, decrypt: 1 },
    throughput: { infer: 50, decrypt: 200 },
  };
}

describe('metrics', () => {
  it('count true against predicted classes', () => {
    const matrix = confusionMatrix(Uint8Array.of(0, 1, 1, 2), Uint8Array.of(0, 1, 2, 2), 3);
    expect(matrix).toEqual([
      [1, 0, 0],
      [0, 1, 1],
      [0, 0, 1],
    ]);
    expect(() => confusionMatrix(Uint8Array.of(3), Uint8Array.of(0), 3)).toThrow(RangeError);
    expect(() => confusionMatrix(Uint8Array.of(1, 2), Uint8Array.of(0), 3)).toThrow(RangeError);
  });

  it('state the error of logits in bits', () => {
    const { rms, largest, bits } = logitError([1, 2, 8.5], [1, 2, 8]);
    expect(rms).toBeCloseTo(0.5 / Math.sqrt(3));
    expect(largest).toBe(0.5);
    expect(bits).toBeCloseTo(Math.log2(8 / rms));
  });
});

describe('margins', () => {
  it('count images by the gap of their two highest logits, in powers of two', () => {
    const logits = [5, 1, 4.5, /* 0.5 */ 0, 0, -9, /* 0 */ 100, 0, 3, /* 97 */ -1, -3, -2.001 /* 1.001 */];
    const { edges, counts, uncertain } = marginsOf(logits, 3, 0.3);
    const at = (edge: number): number => counts[edges.indexOf(edge)] ?? NaN;
    expect([at(0), at(0.5), at(1), at(32)]).toEqual([1, 1, 1, 1]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(4);
    expect(uncertain).toBe(2);
    expect(marginsOf(logits, 3)).not.toHaveProperty('uncertain');
  });
});

describe('a report', () => {
  it('is written whole and read back the same', async () => {
    await using folder = await temporaryFolder();
    const { json } = await writeReport(folder.path, exampleReport());
    expect(await readReport(json)).toEqual(exampleReport());
  });

  it('is a page of its own: no script, no outside address, nothing unescaped', async () => {
    const html = await reportToHtml(exampleReport());
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
    expect(html).toContain('parameters &lt;N&gt;');
    expect(html.match(/<svg/g)?.length).toBe(5);
    expect(html).toContain('prefers-color-scheme: dark');
  });

  it('says that figures were not compared instead of showing zeros', async () => {
    const report = withoutModel();
    expect(reportToText(report)).toMatch(/base accuracy\s+not compared/);
    expect(await reportToHtml(report)).toContain('not compared');
    expect(JSON.stringify(report)).not.toContain('"base"');
  });

  it.each([
    ['an unknown field', { logits: [1, 2] }],
    ['an accuracy above one', { accuracy: { encrypted: 1.1 } }],
    ['another version', { version: 2 }],
  ])('with %s is refused', async (_name, change) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'report.json');
    await writeFile(path, JSON.stringify({ ...exampleReport(), ...change }));
    await expect(readReport(path)).rejects.toThrow(/not valid/);
  });

  it('that is not there is an error that says so', async () => {
    await expect(readReport('/nowhere/report.json')).rejects.toThrow(/no report/);
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [50_200, '50.2 kB'],
    [616_000_000, '616 MB'],
  ])('%i bytes read %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));
});
