import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Batch,
  type BatchFile,
  batchToBytes,
  openBatchFile,
  type PackedResult,
  openPackedResult,
  positionDigests,
  resultToBytes,
  sampleOfResult,
  shardHeader,
} from '@ciphernet/artifacts';
import { type CkksParameters, createParameters, type EncryptionMode, type RingName } from '@ciphernet/ckks';
import { type Circuit, type CompiledCircuit, calibrate, compileCircuit, planCircuit } from '@ciphernet/compiler';
import { NO_TRANSFORM } from '@ciphernet/datasets';
import { engineNamed } from '@ciphernet/engines';
import {
  type ResultDecryptor,
  createEncryptionPool,
  createResultDecryptor,
  fingerprintOf,
  generateKeys,
} from '@ciphernet/keyring';
import { temporaryFolder } from '@ciphernet/testing';
import { type Sampling, samplePositions } from '../src/sample.js';

const RING_DEGREE = 1024;
const INPUTS = 12;
const TILE = 16;

/** A small network of two squares: 12 → 8, 8 → 6, 6 → 3. @param flip changes one weight of the first map by so much */
function network(flip = 0): Circuit {
  const widths = [INPUTS, 8, 6, 3];
  const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
  const maps = widths.slice(1).map((outputs, i) => {
    const inputs = widths[i] ?? 1;
    const weights = Float64Array.from({ length: inputs * outputs }, (_, k) => Math.sin(3 * k + i) / Math.sqrt(inputs));
    if (i === 0) weights[5] = (weights[5] ?? 0) + flip;
    return {
      inputs,
      outputs,
      bias: new Float64Array(outputs).fill(0.1),
      blocks: [{ outputs: range(outputs), inputs: range(inputs), weights }],
    };
  });
  return { name: 'small', maps };
}

const features = Float32Array.from({ length: 300 * INPUTS }, (_, i) => Math.abs(Math.sin(i * 0.7)));

/** Compiles the network verifiably. The ring is far too small for security; that is not what is tested. */
export function compiledFor(parameters: CkksParameters, inputScale: number, flip = 0): CompiledCircuit {
  const circuit = network(flip);
  const calibration = calibrate(circuit, features);
  const options = { mode: 'public', verifiable: 'only', given: { parameters, inputScale } } as const;
  return compileCircuit(circuit, planCircuit(circuit, calibration, options), NO_TRANSFORM);
}

/** What an auditor samples, and the result that its owner holds against it. */
export interface SpotCheck extends Sampling {
  readonly result: PackedResult;
}

/** An audit, from drawing positions to comparing. @throws Error where the result is not what the model gives */
export function spotCheck({ result, ...sampling }: SpotCheck): void {
  const { positions, values } = samplePositions(sampling);
  if (sampleOfResult(result, positions) !== values) throw new Error('not what the model gives');
}

/** A shard that was evaluated honestly, and what an audit of it takes. */
export interface EvaluatedShard extends AsyncDisposable {
  readonly parameters: CkksParameters;
  readonly compiled: CompiledCircuit;
  readonly shard: BatchFile;
  /** As the engine gave it: one tile, unpaired. */
  readonly honest: Batch;
  readonly decryptor: ResultDecryptor;
  evaluate(compiled: CompiledCircuit): Promise<Batch>;
  /** The audit of a result. */
  check(result: Batch, positions: number): SpotCheck;
}

export async function createEvaluatedShard(
  ring: RingName = 'standard',
  mode: EncryptionMode = 'public',
): Promise<EvaluatedShard> {
  const parameters = createParameters(RING_DEGREE, [30, 30, 30, 30, 30], 30, ring);
  const inputScale = 2 ** 20;
  const keys = await generateKeys(parameters);
  const keyFingerprint = fingerprintOf(keys.publicKey);
  const pool = await createEncryptionPool(
    { parameters, mode, key: mode === 'public' ? keys.publicKey : keys.secretKey },
    1,
  );
  const images = 300;
  const { residues, seed } = await pool.encryptShard({ features, images }, { scale: inputScale, tile: TILE });
  await pool[Symbol.asyncDispose]();
  const header = shardHeader({
    parameters,
    keyFingerprint,
    ciphertexts: INPUTS,
    images,
    tile: TILE,
    scale: inputScale,
    seed,
  });
  const folder = await temporaryFolder();
  const path = join(folder.path, 'shard');
  await writeFile(path, batchToBytes(header, residues));
  const shard = openBatchFile(path);
  const positionList = positionDigests(header, residues);
  const compiled = compiledFor(parameters, inputScale);
  const evaluate = (other: CompiledCircuit): Promise<Batch> => engineNamed('simd').evaluate(other, shard);
  const honest = await evaluate(compiled);
  const decryptor = await createResultDecryptor({ parameters, fingerprint: keyFingerprint, bytes: keys.secretKey });
  return {
    parameters,
    compiled,
    shard,
    honest,
    decryptor,
    evaluate,
    check: (result, positions) => ({
      compiled,
      shard,
      positionList,
      result: openPackedResult(resultToBytes(result), 'test'),
      positions,
    }),
    async [Symbol.asyncDispose]() {
      decryptor[Symbol.dispose]();
      shard[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
