import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { type EncodedRecord, readEncodedRecord, writeEncodedRecord } from '../src/encoded-record.js';

const part = { count: 10, images: 'b'.repeat(64), labels: 'c'.repeat(64) };
const record: EncodedRecord = {
  version: 1,
  encoded: 'a'.repeat(64),
  source: '/private/digits',
  name: 'digits',
  key: '/keys/encoding.key.json',
  keyId: '0123456789abcdef',
  classes: 10,
  train: part,
  test: part,
  seconds: 1.5,
};

describe('the owner’s record of an encoded copy', () => {
  it('is read back as it was written, and can be read by its owner only', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'encoded');
    await writeEncodedRecord(path, record);
    expect(await readEncodedRecord(path, record.encoded)).toEqual(record);
    expect((await stat(join(path, `${record.encoded}.json`))).mode & 0o077).toBe(0);
    expect((await stat(path)).mode & 0o077).toBe(0);
  });

  it('that is not there, or of another version, is an error that says what to do', async () => {
    await using folder = await temporaryFolder();
    await expect(readEncodedRecord(folder.path, 'd'.repeat(64))).rejects.toThrow(
      /no encoded copy d{12}… was made here.*CIPHERNET_DATA/,
    );
    await writeFile(join(folder.path, `${record.encoded}.json`), JSON.stringify({ ...record, version: 2 }));
    await expect(readEncodedRecord(folder.path, record.encoded)).rejects.toThrow(/version.*encode the dataset again/s);
  });
});
