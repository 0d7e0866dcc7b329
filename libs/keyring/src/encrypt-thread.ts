import { parentPort, workerData } from 'node:worker_threads';
import { rowOffset } from '@ciphernet/artifacts';
import { EvaluationError, InputError, encodeError } from '@ciphernet/foundation';
import { type SealContext, createSealContext, residuesOfCiphertext } from '@ciphernet/seal';
import type { Ciphertext, Plaintext } from 'node-seal';
import type { ShardTask, ThreadReply, ThreadStart } from './encryption-task.js';
import { type OwnerSeal, loadOwnerSeal, sealMessage } from './owner-seal.js';

/** Encrypts features of a shard with SEAL and lays their residues out tile by tile. */
function encryptFeatures(
  context: SealContext<OwnerSeal>,
  encrypt: (plaintext: Plaintext, ciphertext: Ciphertext) => void,
  task: ShardTask,
): void {
  const { seal, parameters } = context;
  const { ringDegree } = parameters;
  using encoder = new seal.CKKSEncoder(context.context);
  using plaintext = new seal.Plaintext();
  using ciphertext = new seal.Ciphertext();
  const slots = new Float64Array(ringDegree / 2);
  const layout = { ringDegree, ciphertexts: task.features, components: 2, tile: task.tile };
  const tiles = ringDegree / task.tile;
  const { residues } = task;
  for (;;) {
    const feature = Atomics.add(task.progress, 0, 1);
    if (feature >= task.features || Atomics.load(task.progress, 2) === 1) return;
    slots.fill(0);
    slots.set(task.values.subarray(feature * task.images, (feature + 1) * task.images));
    encoder.encode(slots, task.scale, plaintext);
    encrypt(plaintext, ciphertext);
    const { words, limbs } = residuesOfCiphertext(context, ciphertext);
    for (let component = 0; component < 2; component++) {
      for (let primeIndex = 0; primeIndex < limbs; primeIndex++) {
        const from = (component * limbs + primeIndex) * ringDegree;
        for (let tile = 0; tile < tiles; tile++) {
          // Word by word: a tile is sixteen of them, and a view of each would cost more than the copy.
          let to = rowOffset(layout, primeIndex, tile, feature, component);
          const end = from + (tile + 1) * task.tile;
          for (let at = from + tile * task.tile; at < end; at++) residues[to++] = words[at] ?? 0;
        }
      }
    }
    Atomics.add(task.progress, 1, 1);
  }
}

async function main(start: ThreadStart): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const seal = await loadOwnerSeal();
  const context = createSealContext(seal, start.parameters);
  const reply = (message: ThreadReply): void => port.postMessage(message);
  let encrypt: (plaintext: Plaintext, ciphertext: Ciphertext) => void;
  const publicKey = new seal.PublicKey();
  try {
    if (start.mode === 'public') {
      publicKey.loadFromArray(context.context, start.key);
      const encryptor = new seal.Encryptor(context.context, publicKey);
      encrypt = (plaintext, ciphertext) => encryptor.encrypt(plaintext, ciphertext);
    } else {
      const secretKey = new seal.SecretKey();
      secretKey.loadFromArray(context.context, start.key);
      // SEAL's constructor wants a public key too; a throw-away one keeps symmetric mode free of the owner's file.
      using generator = new seal.KeyGenerator(context.context);
      using unused = generator.createPublicKey();
      const encryptor = new seal.Encryptor(context.context, unused, secretKey);
      encrypt = (plaintext, ciphertext) => encryptor.encryptSymmetric(plaintext, ciphertext);
    }
  } catch (error) {
    const refusal = new InputError(`the key does not fit the parameters: ${sealMessage(seal, error)}`, {
      where: 'key',
      hint: 'use keys made for these parameters',
    });
    reply({ kind: 'failed', error: encodeError(refusal) });
    return;
  }
  port.on('message', (task: ShardTask) => {
    try {
      encryptFeatures(context, encrypt, task);
      reply({ kind: 'done' });
    } catch (error) {
      const failure = new EvaluationError(sealMessage(seal, error), { where: 'encryption' });
      reply({ kind: 'failed', error: encodeError(failure) });
    }
  });
  reply({ kind: 'ready' });
}

await main(workerData as ThreadStart);
