import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

interface CurveJson {
  readonly run: string;
  readonly points: readonly {
    readonly epoch: number;
    readonly base: number;
    readonly encrypted: number;
    readonly agreement: number;
  }[];
  readonly missing: readonly unknown[];
}

describe('the accuracy curve', () => {
  it('has an encrypted evaluation of every epoch’s checkpoint, and is drawn', async () => {
    await using folder = await temporaryFolder();
    const args = ['curve', '--model', 'reference', '--epochs', '3', '--images', '1000', '--json'];
    const result = await runCli(args, { CIPHERNET_DATA: folder.path });
    expect([result.stderr, result.code]).toEqual([result.stderr, 0]);
    const curve = JSON.parse(result.stdout) as CurveJson;
    expect(curve.points.map((point) => point.epoch)).toEqual([1, 2, 3]);
    expect(curve.missing).toEqual([]);
    for (const point of curve.points) {
      expect(Math.abs(point.encrypted - point.base)).toBeLessThan(0.01);
      expect(point.agreement).toBeGreaterThanOrEqual(0.999);
    }
    expect(curve.points[2]?.encrypted).toBeGreaterThan(curve.points[0]?.encrypted ?? 1);
    const svg = await readFile(join(folder.path, 'reports', curve.run, 'curve.svg'), 'utf8');
    expect(svg).toMatch(/^<svg/);
    expect(svg).toContain('reference encrypted 98.20 %');
  });
});
