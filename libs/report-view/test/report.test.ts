import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Report, readReport, reportToText } from '@ciphernet/report';
import { exampleReport } from '@ciphernet/report-example';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { reportToHtml } from '../src/html.js';
import { writeReport } from '../src/write-report.js';

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
