// What lies on the owner's machine: key files, model folders, datasets, and the environment of what the owner starts.
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, isAlive } from './deployment.mjs';
import { claimed, resultHeader } from './forged-result.mjs';
import { dense, flatten, writeModelFolder } from './tfjs-models.mjs';

/** Folder of the keys that a data folder holds for the only parameter set used here. */
async function keysIn(data) {
  const [set] = await readdir(join(data, 'keys'));
  return join(data, 'keys', set);
}

async function createKeys(parties, data) {
  const { code, stderr } = await parties.command(['keys', 'create', '--profile', 'one-square'], {
    CIPHERNET_DATA: data,
  });
  expect(code === 0, `keys were made: ${stderr}`);
  return keysIn(data);
}

/** Weights are whatever bytes the named files hold; the attacker's own key file says how many the owner's has. */
async function link(parties) {
  const secret = join(await keysIn(parties.data), 'secret.key.json');
  const own = join(await createKeys(parties, join(parties.folder, 'attackers')), 'secret.key.json');
  const { length } = await readFile(own);
  const floats = Math.ceil(length / 4);
  const unused = { json: dense('out', 10, [], []).json, weights: [['unused', [floats], []]] };
  const used = dense('out', 10, new Float32Array(7840).fill(0.01), new Float32Array(10));
  const folder = join(parties.folder, 'linked');
  const layers = [flatten, { json: used.json, weights: [...used.weights, ...unused.weights] }];
  await writeModelFolder(folder, layers, ['weights.bin', 'more.bin', 'end.bin']);
  await symlink(secret, join(folder, 'more.bin'));
  await writeFile(join(folder, 'end.bin'), Buffer.alloc(4 * floats - length));
  const { code, stdout, stderr } = await parties.command(['model', 'import', folder, '--json']);
  expect(code === 0, `model import ended with ${code}: ${stderr}`);
  // From here on the attacker has the store, and nothing else.
  const record = JSON.parse(Buffer.from(await parties.blobs.get(JSON.parse(stdout).model)).toString());
  const weights = Buffer.from(await parties.blobs.get(record.weights));
  expect(weights.includes(await readFile(secret)), 'the key file is among the weights');
  return `all ${length} bytes of the owner's secret.key.json lie in the store, exit 0`;
}

/** The attacker can write where the public key lies, and not read the secret one. */
async function publicKey(parties, _owner, passphrase) {
  const { readPublicKey, readSecretKey, createResultDecryptor } = await parties.old.library('keyring');
  const { manifestFromBytes, openBatchFile, readBatch } = await parties.old.library('ciphertext');
  const { loadDataset } = await parties.old.library('datasets');
  const data = join(parties.folder, 'owner-2');
  const owners = await createKeys(parties, data);
  const attackers = await createKeys(parties, join(parties.folder, 'attacker-2'));
  await writeFile(join(owners, 'public.key.json'), await readFile(join(attackers, 'public.key.json')));
  const encrypt = ['dataset', 'encrypt', 'mnist', '--images', '4', '--profile', 'one-square', '--json'];
  const { code, stdout, stderr } = await parties.command(encrypt, { CIPHERNET_DATA: data });
  expect(code === 0, `dataset encrypt ended with ${code}: ${stderr}`);
  const { openDirectoryStore } = await parties.old.library('blobs');
  const store = await openDirectoryStore(join(data, 'store'));
  const manifest = manifestFromBytes(await store.get(JSON.parse(stdout).dataset), 'dataset');
  const attackersPublic = await readPublicKey(attackers);
  const secret = JSON.parse(await readFile(join(owners, 'secret.key.json'), 'utf8'));
  expect(manifest.keyFingerprint === attackersPublic.fingerprint, 'the dataset is under the attacker’s key');
  expect(secret.fingerprint !== manifest.keyFingerprint, 'the secret key beside it is another one');
  const decryptor = await createResultDecryptor(await readSecretKey(attackers, passphrase));
  const local = await store.local(manifest.shards[0].digest);
  const shard = readBatch(openBatchFile(local.path), 'shard');
  const values = decryptor.decrypt(shard, 'shard');
  const { images } = await loadDataset('mnist', 'test', { cacheFolder: parties.folder });
  expect(values.length > 0, 'there are pixels');
  const wrong = values.findIndex((value, i) => Math.round(255 * value) !== images[i]);
  expect(wrong === -1, `pixel ${wrong} was decrypted otherwise`);
  return `${values.length} private pixels exact by the attacker's key; the encryption said nothing`;
}

/** Most memory that a process has had, in MiB. */
async function peakMemory(child) {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024;
}

/** Well-formed and of the right key, but of another number of images: refused, once all of it is in memory, twice. */
async function envelope(parties, { datasets, honest, model }) {
  const { digest, manifest } = datasets.private;
  const { encodeHeader, bodyBytes } = await parties.old.library('ciphertext');
  const header = await resultHeader(parties.old, manifest, {
    ringDegree: 32768,
    ciphertexts: 85,
    components: 9,
    tile: 32768,
    images: 1,
    scale: 1,
    wordBits: 28,
  });
  const body = Buffer.alloc(bodyBytes(header));
  const bodyDigest = createHash('sha256').update(body).digest('hex');
  const bytes = Buffer.concat([encodeHeader({ ...header, bodyDigest }), body]);
  const result = (await parties.blobs.put(bytes)).digest;
  const collector = await parties.startCollector();
  const measured = [];
  for (const answer of [honest.private.results[0].result, result]) {
    const attacker = parties.answerInfer((shard) => claimed(shard, answer));
    const evaluation = await parties.enqueue({ manifest: digest, shards: 1, model });
    const job = await parties.ended(evaluation);
    await attacker.close(true);
    measured.push({ memory: await peakMemory(collector), reason: job?.failedReason ?? 'reported' });
  }
  const [before, after] = measured;
  expect(before.reason === 'reported' && /not of shard/.test(after.reason), `${before.reason}; ${after.reason}`);
  expect(after.memory > before.memory + 400, `${before.memory} MiB, then ${after.memory}`);
  return `${(bytes.length / 2 ** 20).toFixed(0)} MiB refused for the header's count of images with ${after.memory.toFixed(0)} MiB of memory, an honest one takes ${before.memory.toFixed(0)}`;
}

/** A machine without Debian's package of the dataset and without a way to its home: the old code then asks npm for it. */
const WITHOUT = `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { existsSync } = fs;
fs.existsSync = (path) => !String(path).startsWith('/usr/share/datasets') && existsSync(path);
globalThis.fetch = () => Promise.reject(new Error('no route'));
syncBuiltinESMExports();
`;

async function environment(parties) {
  const folder = join(parties.folder, 'fake-npm');
  await mkdir(folder);
  await writeFile(join(folder, 'npm'), `#!/bin/sh\nenv > ${folder}/seen\nexit 1\n`);
  await chmod(join(folder, 'npm'), 0o755);
  await writeFile(join(folder, 'without.mjs'), WITHOUT);
  const secrets = { CIPHERNET_PASSPHRASE: 'a passphrase of the owner', AWS_SECRET_ACCESS_KEY: 'a key of the store' };
  await parties.command(['dataset', 'encrypt', 'fashion-mnist', '--images', '4'], {
    ...secrets,
    PATH: `${folder}:${process.env.PATH}`,
    NODE_OPTIONS: `--import ${join(folder, 'without.mjs')}`,
  });
  const seen = await readFile(join(folder, 'seen'), 'utf8').catch(() => '');
  const found = Object.entries(secrets).filter(([name, value]) => seen.includes(`${name}=${value}`));
  expect(found.length === 2, `npm saw ${found.map(([name]) => name).join(', ') || 'nothing'}`);
  return `npm runs with ${found.map(([name]) => name).join(' and ')} in its environment`;
}

async function unprotected(parties) {
  const data = join(parties.folder, 'run');
  const env = { CIPHERNET_DATA: data, CIPHERNET_PASSPHRASE: '', REDIS_URL: '' };
  const args = ['run', '--model', 'mlp', '--epochs', '1', '--images', '20'];
  const { code, stdout, stderr } = await parties.command(args, env);
  expect(code === 0, `the run ended with ${code}: ${stderr.slice(-500)}`);
  const { protection } = JSON.parse(await readFile(join(await keysIn(data), 'secret.key.json'), 'utf8'));
  expect(protection.kind === 'none', `the key is under ${protection.kind}`);
  expect(!/passphrase|unprotected|not protected/i.test(stdout + stderr), 'the run says nothing of it');
  return 'the secret key lies there in the clear, and neither output names a passphrase';
}

/** Zeros compress a thousandfold: 1.5 MB that the IDX format lets become as much as it likes, up to 2 GiB. */
async function gzip(parties) {
  const folder = join(parties.folder, 'bomb');
  await mkdir(folder);
  const zeros = gzipSync(Buffer.alloc(2 ** 20 * 1400), { level: 9 });
  await writeFile(join(folder, 't10k-images-idx3-ubyte.gz'), zeros);
  await writeFile(join(folder, 't10k-labels-idx1-ubyte.gz'), gzipSync(Buffer.alloc(9)));
  const child = parties.begin(['dataset', 'encrypt', folder]);
  let memory = 0;
  while (isAlive(child)) {
    memory = Math.max(memory, await peakMemory(child).catch(() => 0));
    await sleep(20);
  }
  expect(memory > 1400, `${memory} MiB of memory`);
  expect(child.exitCode !== 0, 'the file is refused in the end');
  return `${(zeros.length / 1e6).toFixed(1)} MB of gzip took ${memory.toFixed(0)} MiB before the file was refused`;
}

export const attacks = [
  { row: 12, name: 'a symbolic link in a model’s folder puts the secret key file into the store', run: link },
  { row: 15, name: 'a replaced public key file has the dataset encrypted for the attacker', run: publicKey },
  { row: 20, name: 'an envelope is read and unpacked before its header is looked at', run: envelope },
  { row: 21, name: 'npm runs with the owner’s passphrase and cloud credentials', run: environment },
  { row: 22, name: 'npm start leaves the secret key unprotected and does not say so', run: unprotected },
  { row: 26, name: 'a megabyte and a half of gzip fills the owner’s memory', run: gzip },
];
