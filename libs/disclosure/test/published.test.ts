import { identityFingerprint, openIdentity } from '@ciphernet/identity';
import { signedBytes, verifySigned } from '@ciphernet/publication';
import { exampleReport } from '@ciphernet/report-example';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { disclose } from '../src/disclose.js';
import { DEFAULT_POLICY } from '../src/policy.js';

async function publishedBy(folder: string, passphrase?: string): Promise<{ text: string; owner: string }> {
  const identity = await openIdentity(folder, passphrase);
  const { publicKey } = identity;
  const options = { policy: DEFAULT_POLICY, confusion: true, owner: publicKey, checks: [], today: new Date() };
  const { statement } = disclose(exampleReport(), options);
  const json = JSON.stringify(statement);
  const signature = identity.sign(signedBytes(json));
  return {
    text: JSON.stringify({ format: 'ciphernet-signed', version: 1, statement: json, signature }),
    owner: publicKey,
  };
}

describe('a published statement', () => {
  it('is verified by its file alone, and names its owner', async () => {
    await using folder = await temporaryFolder();
    const { text, owner } = await publishedBy(folder.path);
    const statement = verifySigned(text, 'file');
    expect(statement).toMatchObject({ evaluation: 'eval-example', owner });
    expect(identityFingerprint(owner)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is refused after any change of a figure, a signature of another, or another owner’s name', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const { text, owner } = await publishedBy(folder.path);
    const theirs = await publishedBy(other.path);
    const { signature } = JSON.parse(theirs.text) as { signature: string };
    const changed = [
      text.replace(/"accuracy\\":[\d.]+/, '"accuracy\\":0.5'),
      JSON.stringify({ ...(JSON.parse(text) as object), signature }),
      text.replace(owner, theirs.owner),
    ];
    for (const forged of changed) {
      expect(forged).not.toBe(text);
      expect(() => verifySigned(forged, 'forged.json')).toThrow(/signature is not that of the owner.*forged\.json/);
    }
  });

  it.each<[string, string]>([
    ['no JSON', 'hello'],
    ['a report', JSON.stringify(exampleReport())],
    ['an envelope of nothing', '{"format":"ciphernet-signed","version":1,"statement":"{}","signature":"x"}'],
    ['two megabytes', ' '.repeat(2 ** 21 + 1)],
  ])('is not %s', (_name, text) => {
    expect(() => verifySigned(text, 'other.json')).toThrow(/other\.json/);
  });
});
