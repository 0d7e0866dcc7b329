import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { takeOwnerLock } from '../src/owner-lock.js';

/** No process has it: beyond what the system gives. */
const GONE = 2 ** 30;

describe('the lock of the embedded queue', () => {
  it.each([
    ['', []],
    [String(GONE), []],
    ['no number', []],
    // Two takeovers crashed.
    [String(GONE), [String(GONE), '']],
  ])('is taken over by one of many where it holds %j, beside %j', async (content, guards) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'owner.pid');
    await writeFile(path, content);
    for (const [index, guard] of guards.entries()) await writeFile(`${path}.takeover-${index}`, guard);
    const taken = await Promise.allSettled(Array.from({ length: 12 }, () => takeOwnerLock(path)));
    const locks = taken.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(locks).toHaveLength(1);
    const refusals = taken.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
    expect(refusals.filter((text) => !/owns the embedded queue|cannot lock/.test(text))).toEqual([]);
    expect(await readFile(path, 'utf8')).toBe(String(process.pid));
    expect(await readdir(folder.path)).toEqual(['owner.pid']);
    await expect(takeOwnerLock(path)).rejects.toThrow(/owns the embedded queue/);
    await locks[0]?.[Symbol.asyncDispose]();
    expect(await readdir(folder.path)).toEqual([]);
  });
});
