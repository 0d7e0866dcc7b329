import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { assertAsked, keepAsked } from '../src/asked.js';

const [A, B] = ['a'.repeat(64), 'b'.repeat(64)] as const;
const job = { evaluation: 'eval-1', manifest: A, model: A, compare: true, audit: true };

describe('what the owner asked for', () => {
  it('holds for the job under its id, whatever somebody made of it in the queue', async () => {
    await using folder = await temporaryFolder();
    const owner = { askedFolder: join(folder.path, 'asked') };
    await keepAsked(owner, 'eval-1', { manifest: A, model: A, compare: true, audit: true });
    await expect(assertAsked(owner, job)).resolves.toBeUndefined();
    for (const [change, name] of [
      [{ model: B }, 'model'],
      [{ manifest: B }, 'manifest'],
      [{ compare: false }, 'compare'],
      [{ audit: false }, 'audit'],
    ] as const) {
      await expect(assertAsked(owner, { ...job, ...change })).rejects.toMatchObject({
        name: 'IntegrityError',
        message: expect.stringMatching(new RegExp(`not what was asked for: its ${name} is another`)),
      });
    }
    const [file = ''] = await readdir(owner.askedFolder);
    expect((await stat(join(owner.askedFolder, file))).mode & 0o777).toBe(0o600);
  });

  it('holds for every checkpoint of a run, whose models have no digest before', async () => {
    await using folder = await temporaryFolder();
    const owner = { askedFolder: folder.path };
    await keepAsked(owner, 'train-1', { manifest: A, compare: true, audit: true });
    await expect(assertAsked(owner, { ...job, evaluation: 'train-1-epoch-3', model: B })).resolves.toBeUndefined();
    const worse = { ...job, evaluation: 'train-1-epoch-3', audit: false };
    await expect(assertAsked(owner, worse)).rejects.toThrow(/its audit is another/);
  });

  it('says nothing of what others asked, and is refused where it is damaged', async () => {
    await using folder = await temporaryFolder();
    const owner = { askedFolder: folder.path };
    await expect(assertAsked(owner, job)).resolves.toBeUndefined();
    await writeFile(join(folder.path, 'eval-1.json'), '{');
    await expect(assertAsked(owner, job)).rejects.toThrow(/eval-1\.json/);
  });
});
