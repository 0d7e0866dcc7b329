import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { engineNamed } from '../src/engines.js';
import { RESULT_CODE, codeVersion, codeVersionOf, resultCodeUrl } from '../src/result-code.js';
import { filesNeededBy } from './import-walk.js';

const listed = Object.entries(RESULT_CODE).flatMap(([name, files]) => files.map((file) => ({ name, file })));

const sorted = (files: Readonly<Record<string, readonly string[]>>): string[] =>
  Object.entries(files)
    .flatMap(([name, own]) => own.map((file) => `${name}/${file}`))
    .sort();

describe('the code that shapes a result', () => {
  it('is there, file by file, and none is listed twice', () => {
    expect(listed.filter(({ name, file }) => !existsSync(resultCodeUrl(name, file)))).toEqual([]);
    expect(new Set(sorted(RESULT_CODE)).size).toBe(listed.length);
  });

  it('is exactly what the engines, the reading of compiled circuits and the format of results need', () => {
    const needed = sorted(
      filesNeededBy(
        {
          '@ciphernet/engines': ['seal/engine.js', 'wasm/engine.js', 'wasm/thread.js', 'webgpu/engine.js'],
          '@ciphernet/compiler': ['compiled.js'],
          '@ciphernet/artifacts': ['result-bytes.js', 'batch-bytes.js'],
        },
        // Texts of errors; and how features were prepared, which is part of a compiled circuit's address.
        ['@ciphernet/foundation', '@ciphernet/network'],
      ),
      // The list itself computes nothing, and a change of what it holds changes the version already.
    ).filter((file) => file !== '@ciphernet/engines/result-code.js');
    expect({
      missing: needed.filter((file) => !sorted(RESULT_CODE).includes(file)),
      superfluous: sorted(RESULT_CODE).filter((file) => !needed.includes(file)),
    }).toEqual({ missing: [], superfluous: [] });
  });

  it('has another version when the last byte of any one file changes', () => {
    const versions = listed.map(({ name, file }) => {
      const target = resultCodeUrl(name, file).href;
      return codeVersionOf((url) => {
        const bytes = Uint8Array.from(readFileSync(url));
        if (url.href === target) bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
        return bytes;
      });
    });
    expect(versions.filter((version) => !/^[0-9a-f]{8}$/.test(version))).toEqual([]);
    expect(new Set([...versions, codeVersion()]).size).toBe(listed.length + 1);
  });

  it('has the same version whenever it is read, and every engine carries it', () => {
    expect(codeVersionOf((url) => readFileSync(url))).toBe(codeVersion());
    for (const name of ['simd', 'seal', 'webgpu']) expect(engineNamed(name).version).toContain(codeVersion());
  });
});
