import { mkdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityFingerprint, openIdentity } from '@ciphernet/identity';
import { type CliResult, cliProcesses, hasRedisServer, runCli, startRedis, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const suite = hasRedisServer() ? describe : describe.skip;

/** The data folder of another party on the same store. */
async function partyIn(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await symlink(join(folder, 'owner', 'store'), join(path, 'store'));
  return path;
}

suite('a dataset whose consent has terms', () => {
  it('is decrypted when two auditors whom the policy names have signed, so often, and no more is published', async () => {
    await using folder = await temporaryFolder();
    await using redis = await startRedis();
    const data = join(folder.path, 'owner');
    await mkdir(join(data, 'store'), { recursive: true });
    const env = { CIPHERNET_DATA: data, REDIS_URL: redis.url, CIPHERNET_PASSPHRASE: 'correct horse' };
    const others = { ...env, CIPHERNET_PASSPHRASE: '' };
    const owner = async (...args: string[]): Promise<CliResult> => runCli(args, env);
    const read = async <T>(...args: string[]): Promise<T> => {
      const { code, stdout, stderr } = await owner(...args, '--json');
      expect([stderr, code]).toEqual([stderr, 0]);
      return JSON.parse(stdout) as T;
    };
    using worker = cliProcesses(others);
    await worker.start(['worker', '--roles', 'train,infer'], 'worker on');
    const auditors: string[] = [];
    const folders = await Promise.all(['first', 'second'].map((name) => partyIn(folder.path, name)));
    using first = cliProcesses({ ...others, CIPHERNET_DATA: folders[0] ?? '' });
    using second = cliProcesses({ ...others, CIPHERNET_DATA: folders[1] ?? '' });
    for (const [place, processes] of [first, second].entries()) {
      await processes.start(['worker', '--roles', 'audit'], 'worker on');
      const { publicKey } = await openIdentity(join(folders[place] ?? '', 'auditor'), undefined);
      auditors.push(identityFingerprint(publicKey));
    }
    using owners = cliProcesses(env);
    await owners.start(['collector'], 'collector on');

    const { model } = await read<{ model: string }>('model', 'train', 'mlp', '--epochs', '1');
    expect((await owner('keys', 'create', '--profile', 'one-square')).code).toBe(0);
    const encrypt = ['dataset', 'encrypt', 'mnist', '--images', '300', '--profile', 'one-square'];
    const { dataset } = await read<{ dataset: string }>(...encrypt);
    const shown = await owner(
      ...['allow', '--dataset', dataset, '--model', model, '--audits', '2', '--evaluations', '2'],
      ...['--slices', '0,7'],
    );
    expect(shown.stdout).toMatch(/confusion of class 0, 7[^]*2 evaluations[^]*2 independent/);

    // Nobody whom the policy names: said before anything is enqueued.
    const enqueue = ['enqueue', '--dataset', dataset, '--model', model];
    expect((await owner(...enqueue)).stderr).toMatch(/wants 2 independent audits, and 0 auditors are known/);
    await writeFile(join(data, 'policy.json'), JSON.stringify({ auditors }));
    const { evaluation, folder: path } = await read<{ evaluation: string; folder: string }>(...enqueue);
    const report = JSON.parse(await readFile(join(path, 'report.json'), 'utf8')) as { audits: unknown };
    expect(report.audits).toMatchObject({ auditors: [...auditors].sort(), believed: true });
    for (const auditor of auditors) expect((await owner('report', evaluation)).stdout).toContain(auditor.slice(0, 16));

    // Believed no more: the same answers, audited by both, are refused before they are decrypted.
    await writeFile(join(data, 'policy.json'), JSON.stringify({ auditors: auditors.slice(1) }));
    const { publicKey: trainers } = await openIdentity(join(data, 'auditor'), undefined);
    const named = [...enqueue, '--auditor', ...auditors];
    expect((await owner(...named)).stderr).toMatch(/wants 2 independent audits, and 1 auditors are known/);
    await writeFile(join(data, 'policy.json'), JSON.stringify({ auditors }));

    const { published, statement } = await read<{ published: boolean; statement: { confusion: unknown[][] } }>(
      ...['publish', evaluation, '--confusion', '--yes'],
    );
    expect(published).toBe(true);
    statement.confusion.forEach((row, label) => {
      if (label !== 0 && label !== 7) expect(row.every((cell) => cell === null)).toBe(true);
    });
    await read<unknown>(...enqueue);
    const third = await owner(...enqueue);
    expect(third.stderr).toMatch(/budget is used up: 2 of 2 evaluations/);
    const less = await owner('allow', '--dataset', dataset, '--metrics', 'none', '--evaluations', '3');
    expect(less.stdout).toMatch(/publish\s+nothing/);
    const { evaluation: fourth } = await read<{ evaluation: string }>(...enqueue);
    expect((await owner('publish', fourth)).stderr).toMatch(/consent does not release its accuracy/);

    // A dataset whose signature is gone, or somebody else's, is not decrypted until its owner signs it again.
    const { publicKey: mine } = await openIdentity(join(data, 'keys'), env.CIPHERNET_PASSPHRASE);
    await owner('allow', '--dataset', dataset, '--evaluations', '4');
    await unlink(join(data, 'store', 'refs', 'dataset-owners', dataset, identityFingerprint(mine)));
    expect((await owner(...enqueue)).stderr).toMatch(/dataset in the store is not signed by its owner.*dataset sign/);
    expect((await owner('dataset', 'sign', dataset)).stdout).toContain(identityFingerprint(mine));
    using picky = cliProcesses({ ...others, CIPHERNET_OWNERS: 'a'.repeat(64) });
    using chosen = cliProcesses({ ...others, CIPHERNET_OWNERS: identityFingerprint(mine) });
    worker[Symbol.dispose]();
    const refusing = await picky.start(['worker', '--roles', 'infer'], 'worker on');
    const unaccepted = await owner(...enqueue, '--fresh');
    expect(unaccepted.stderr).toMatch(/not signed by an owner whom this worker accepts/);
    refusing.kill('SIGKILL');
    await chosen.start(['worker', '--roles', 'infer'], 'worker on');

    // The model's owner: whoever trained it, and audits with the same key.
    await owner('allow', '--dataset', dataset, '--audits', 'model-owner');
    expect((await owner(...enqueue)).stderr).toMatch(/by the model’s owner, who is not known/);
    await owner('allow', '--dataset', dataset, '--model-owner', identityFingerprint(trainers));
    await worker.start(['worker', '--roles', 'audit'], 'worker on');
    const { evaluation: fifth } = await read<{ evaluation: string }>(...enqueue);
    expect((await owner('report', fifth)).stdout).toMatch(
      /audited by [0-9a-f]{16}… \(the model’s owner\), \d+ positions/,
    );
  });
});
