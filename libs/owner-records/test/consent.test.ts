import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { allow, findConsent, isAllowed, signOldConsent } from '../src/consent.js';
import { type OwnerConfiguration, loadOwnerConfiguration } from '../src/owner-configuration.js';

const dataset = 'd'.repeat(64);
const model = 'e'.repeat(64);
const other = 'a'.repeat(64);
const nobody = new Set<string>();

/** An owner in a folder of its own. */
const ownerIn = (folder: string): OwnerConfiguration => loadOwnerConfiguration({ CIPHERNET_DATA: folder });
const fileOf = (owner: OwnerConfiguration, of = dataset): string => join(owner.consentsFolder, `${of}.consent.json`);

describe('the owner’s consent', () => {
  it('is to what was allowed, on that dataset only, and grows', async () => {
    await using folder = await temporaryFolder();
    const owner = ownerIn(folder.path);
    expect(isAllowed(await findConsent(owner, dataset), { model, owners: nobody })).toBe(false);
    await allow(owner, dataset, { models: [model] });
    await allow(owner, dataset, { models: [model, 'f'.repeat(64)], runs: ['train-1'] });
    const consent = await findConsent(owner, dataset);
    expect(consent?.models).toEqual([model, 'f'.repeat(64)]);
    expect(isAllowed(consent, { model, owners: nobody })).toBe(true);
    expect(isAllowed(consent, { model: other, run: 'train-1', owners: nobody })).toBe(true);
    expect(isAllowed(consent, { model: other, run: 'train-2', owners: nobody })).toBe(false);
    expect(isAllowed(await findConsent(owner, other), { model, owners: nobody })).toBe(false);
    expect((await stat(fileOf(owner))).mode & 0o077).toBe(0);
  });

  it('to a model owner is to every model that they have signed, and to no other’s', async () => {
    await using folder = await temporaryFolder();
    const owner = ownerIn(folder.path);
    const [trusted, stranger] = ['1'.repeat(64), '2'.repeat(64)];
    await allow(owner, dataset, { modelOwners: [trusted] });
    const consent = await allow(owner, dataset, { modelOwners: [trusted, '3'.repeat(64)] });
    expect(consent.modelOwners).toEqual([trusted, '3'.repeat(64)]);
    expect(isAllowed(consent, { model, owners: new Set([stranger, trusted]) })).toBe(true);
    expect(isAllowed(consent, { model, owners: new Set([stranger]) })).toBe(false);
    expect(isAllowed(consent, { model, owners: nobody })).toBe(false);
  });

  it('of the most models that it can name is signed and read', async () => {
    await using folder = await temporaryFolder();
    const owner = ownerIn(folder.path);
    const models = Array.from({ length: 10_000 }, (_, i) => i.toString(16).padStart(64, '0'));
    await allow(owner, dataset, { models });
    expect((await findConsent(owner, dataset))?.models).toHaveLength(10_000);
    await expect(allow(owner, dataset, { models: [model] })).rejects.toThrow(/models/);
    expect((await findConsent(owner, dataset))?.models).toHaveLength(10_000);
  });

  it.each<[string, (file: { statement: string; signature: string }) => unknown, RegExp]>([
    [
      'a model was added to',
      ({ statement, signature }) => ({
        statement: statement.replace('"models":["', `"models":["${other}","`),
        signature,
      }),
      /signature is not that of the owner.*consent\.json.*find out who did.*allow/s,
    ],
    [
      'another signature was put under',
      ({ statement }) => ({ statement, signature: 'A'.repeat(86) }),
      /signature is not that of the owner/,
    ],
    [
      'is cut off',
      ({ statement, signature }) => ({ statement: statement.slice(0, -5), signature }),
      /not JSON.*consent/s,
    ],
    ['has a field that nobody knows', (file) => ({ ...file, also: 1 }), /not valid.*consent\.json/s],
    ['is a list of models', () => ({ models: [model] }), /not valid.*consent\.json/s],
    ['is no object', () => 7, /not valid/],
  ])('that %s is refused', async (_what, change, message) => {
    await using folder = await temporaryFolder();
    const owner = ownerIn(folder.path);
    await allow(owner, dataset, { models: [model] });
    const file = JSON.parse(await readFile(fileOf(owner), 'utf8')) as { statement: string; signature: string };
    await writeFile(fileOf(owner), JSON.stringify(change(file)));
    await expect(findConsent(owner, dataset)).rejects.toThrow(message);
    // Nothing is added to what is not the owner's.
    await expect(allow(owner, dataset, { models: [other] })).rejects.toThrow(message);
  });

  it('that somebody else signed is refused, with both fingerprints', async () => {
    await using mine = await temporaryFolder();
    await using theirs = await temporaryFolder();
    const owner = ownerIn(mine.path);
    const foreign = ownerIn(theirs.path);
    await allow(foreign, dataset, { models: [model] });
    await mkdir(owner.consentsFolder);
    await copyFile(fileOf(foreign), fileOf(owner));
    await expect(findConsent(owner, dataset)).rejects.toMatchObject({
      name: 'IntegrityError',
      message: expect.stringMatching(/signed by [0-9a-f]{16}…, not by this data folder’s owner, [0-9a-f]{16}…/),
    });
  });

  it('is not moved to another dataset', async () => {
    await using folder = await temporaryFolder();
    const owner = ownerIn(folder.path);
    await allow(owner, dataset, { models: [model] });
    await copyFile(fileOf(owner), fileOf(owner, other));
    await expect(findConsent(owner, other)).rejects.toThrow(/is of another dataset, dddddddddddd/);
  });

  it('from before consents were signed is refused, and signed on request, once', async () => {
    await using folder = await temporaryFolder();
    const owner = ownerIn(folder.path);
    await mkdir(owner.consentsFolder);
    const old = { format: 'ciphernet-consent', version: 1, dataset, models: [model], runs: ['train-1'] };
    await writeFile(fileOf(owner), JSON.stringify(old));
    await expect(findConsent(owner, dataset)).rejects.toThrow(/not signed.*allow --dataset d{64} --sign/s);
    await signOldConsent(owner, dataset);
    expect(await findConsent(owner, dataset)).toMatchObject({ models: [model], runs: ['train-1'] });
    await expect(signOldConsent(owner, dataset)).rejects.toThrow(/no consent that is not signed/);
    await copyFile(fileOf(owner), fileOf(owner, other));
    await writeFile(fileOf(owner, other), JSON.stringify(old));
    await expect(signOldConsent(owner, other)).rejects.toThrow(/another dataset/);
  });
});
