import { readFile, stat } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { type EncodingReport, OBFUSCATION_NOTES, encodingReportToText, encodingTable } from '@ciphernet/report';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { encodingReportToHtml, writeEncodingReport } from '../src/encoding-page.js';
import { greyStrip } from '../src/grey-png.js';

const report: EncodingReport = {
  format: 'ciphernet-encoding-report',
  version: 1,
  run: 'train-0a1b2c3d',
  createdAt: '2026-01-01T00:00:00.000Z',
  protection: 'obfuscation, not encryption',
  dataset: { name: 'mnist', encoded: 'a'.repeat(64), train: 60_000, test: 4, values: 784, encodedValues: 400 },
  model: { name: '<encoded>', digest: 'b'.repeat(64), epochs: 15, epoch: 14, backend: 'wasm' },
  accuracy: { encoded: 0.75, interval: [0.3, 0.95], base: 0.9 },
  confusion: [
    [2, 0],
    [1, 1],
  ],
  attacks: [
    { knows: 'nothing', method: 'mean', pairs: 0, similarity: { ssim: 0.1, correlation: 0.2, psnr: 11 } },
    { knows: 'pairs', method: 'ridge', pairs: 100, similarity: { ssim: 0.5, correlation: 0.8, psnr: 16 } },
    { knows: 'encoding', method: 'decoder', pairs: 20_000, similarity: { ssim: 0.7, correlation: 0.95, psnr: 21 } },
  ],
  targets: 4,
  neighbours: { sameClass: 0.9, chance: 0.1 },
  seconds: { encode: 1, train: 2, attack: 3 },
};
const pictures = [{ caption: 'as <they> are', images: new Uint8Array(2 * 6).fill(7), height: 2, width: 3 }];

describe('a report of training on encoded images', () => {
  it('says in every form that it is obfuscation and no encryption, and what that does not protect', () => {
    const html = encodingReportToHtml(report, pictures);
    const asText = html.replaceAll(/<\/?code>/g, '`');
    for (const text of [asText, encodingReportToText(report)]) {
      expect(text).toMatch(/obfuscation, not encryption/i);
      for (const note of OBFUSCATION_NOTES) expect(text).toContain(note);
    }
    expect(html).not.toContain('`');
    expect(html).toMatch(/<h1>[^<]*not encrypted/);
    expect(JSON.stringify(report)).toContain('obfuscation, not encryption');
  });

  it('shows the figures beside ArchNet’s, and each attack', () => {
    const text = encodingReportToText(report);
    expect(text).toMatch(/accuracy, encoded +75\.00 %/);
    expect(text).toMatch(/accuracy, plain +90\.00 %/);
    expect(text).toMatch(/ArchNet, published +97\.26 %/);
    expect(text).toMatch(/100 known pairs: ridge +0\.500 +0\.800 +16\.0 dB/);
    expect(text).toMatch(/the encoding: decoder trained on 20,000 pairs/);
    const table = encodingTable([report]);
    expect(table).toContain('| mnist | 97.26 % | 75.00 % (30.00 to 95.00) | 90.00 % | 15 epochs of 60,000 |');
    expect(table).toContain('| mnist | 100 known pairs: ridge | 0.500 | 0.800 | 16.0 dB |');
  });

  it('is a page of its own: no script, no outside address, nothing unescaped', () => {
    const html = encodingReportToHtml(report, pictures);
    expect(html).not.toMatch(/<script|https?:/);
    expect(html).toContain('&lt;encoded&gt;');
    expect(html).toContain('as &lt;they&gt; are');
    expect(html).toContain("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
  });

  it('is written for its owner only', async () => {
    await using folder = await temporaryFolder();
    const { html, json } = await writeEncodingReport(folder.path, report, pictures);
    expect(JSON.parse(await readFile(json, 'utf8'))).toEqual(report);
    for (const path of [html, json]) expect((await stat(path)).mode & 0o777).toBe(0o600);
    const wrong = { ...report, accuracy: { ...report.accuracy, encoded: 1.1 } };
    await expect(writeEncodingReport(folder.path, wrong, pictures)).rejects.toThrow();
  });
});

describe('a strip of grey images', () => {
  it('is a PNG with the images side by side', () => {
    const png = Buffer.from(greyStrip(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 2, 2));
    expect(png.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([4, 2]);
    const at = png.indexOf('IDAT');
    const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
    expect([...rows]).toEqual([0, 1, 2, 5, 6, 0, 3, 4, 7, 8]);
  });

  it('of what is no whole image is refused', () => {
    expect(() => greyStrip(new Uint8Array(5), 2, 2)).toThrow(/no images of 2×2/);
    expect(() => greyStrip(new Uint8Array(), 2, 2)).toThrow(/no images/);
  });
});
