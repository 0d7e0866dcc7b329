import { openBlobStore } from '@ciphernet/blobs';
import { type EncryptionMode, type RingName, slotsOf } from '@ciphernet/ckks';
import { Command, digestArgument, integerBetween, keyOf, modeOption, ringOption } from '@ciphernet/command-line';
import { costOf, dequantise, evaluateCircuit, simulateCircuit } from '@ciphernet/compiler';
import { loadConfiguration } from '@ciphernet/configuration';
import { loadDataset, takeExamples, toFeatures } from '@ciphernet/datasets';
import { lastOf } from '@ciphernet/foundation';
import { assertTakesPixels, compileModel, loadModel, openModelKey } from '@ciphernet/models';
import { fractionEqual, predictionsOf } from '@ciphernet/network';
import { percent, sizeText } from '@ciphernet/report';
import { gaussian } from '@ciphernet/training';

interface SimulateOptions {
  readonly model: string;
  readonly dataset: string;
  readonly images?: number;
  readonly mode: EncryptionMode;
  readonly ring?: RingName;
  readonly rate: number;
  readonly json: boolean;
}

async function simulate(options: SimulateOptions): Promise<void> {
  const configuration = loadConfiguration();
  const blobs = await openBlobStore(configuration);
  const model = await loadModel(blobs, options.model, await openModelKey(configuration));
  assertTakesPixels(model);
  const full = await loadDataset(options.dataset, 'test', configuration.datasetFolders);
  const dataset = takeExamples(full, options.images ?? full.count);
  const compiled = compileModel(model, { mode: options.mode, ring: options.ring });
  const { plan } = compiled;
  const circuit = dequantise(compiled.circuit);
  const features = toFeatures(model.record.transform, dataset.shape, dataset.images);
  const classes = lastOf(circuit.maps).outputs;
  const quantised = predictionsOf(evaluateCircuit(circuit, features), classes);
  const simulated = predictionsOf(simulateCircuit(circuit, plan, features, gaussian(1, 'simulate')), classes);
  const cost = costOf(plan, compiled.circuit);
  const shards = Math.ceil(dataset.count / slotsOf(plan.parameters));
  // A short last shard costs as much as a full one.
  const paid = shards * slotsOf(plan.parameters);
  const summary = {
    images: dataset.count,
    accuracy: {
      base: fractionEqual(predictionsOf(await model.plain.evaluate(features), classes), dataset.labels),
      quantised: fractionEqual(quantised, dataset.labels),
      simulated: fractionEqual(simulated, dataset.labels),
    },
    agreement: fractionEqual(simulated, quantised),
    predictedError: plan.predictedError,
    cost: {
      shards,
      uploadBytes: cost.uploadBytesPerImage * paid,
      downloadBytes: cost.downloadBytesPerImage * paid,
      multiplyAdds: cost.multiplyAddsPerImage * paid,
      secondsOneCore: (cost.multiplyAddsPerImage * paid) / (options.rate * 1e9),
    },
  };
  if (options.json) {
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  process.stdout.write(
    [
      `${dataset.name}, ${dataset.count.toLocaleString('en')} images, model ${model.record.name}, not encrypted: simulated for ${keyOf(options.mode)}`,
      `  expected encrypted accuracy   ${percent(summary.accuracy.simulated)}`,
      `  base accuracy                 ${percent(summary.accuracy.base)}`,
      `  quantised accuracy            ${percent(summary.accuracy.quantised)}`,
      `  expected agreement            ${percent(summary.agreement)}`,
      `  upload, download              ${sizeText(summary.cost.uploadBytes)}, ${sizeText(summary.cost.downloadBytes)} in ${shards} shards`,
      `  inference                     ${summary.cost.secondsOneCore.toFixed(1)} s on one core at ${options.rate} G multiply-adds a second (npm run bench measures yours)`,
      '',
    ].join('\n'),
  );
}

/** `simulate`. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('what encrypted evaluation would give, without keys and ciphertexts: accuracy, agreement, cost')
    .requiredOption('--model <digest>', 'model, as printed by model train', digestArgument)
    .option('--dataset <name|folder>', 'mnist, fashion-mnist, or a folder with IDX files', 'mnist')
    .option('--images <n>', 'only the first n test images', integerBetween(1, 1_000_000))
    .addOption(modeOption('key that the data is encrypted with; `run` takes symmetric'))
    .addOption(ringOption('the cheaper one where that costs no accuracy'))
    .option('--rate <n>', 'G int16 multiply-adds a second of one core', integerBetween(1, 1000), 25)
    .option('--json', 'print a JSON object', false)
    .addHelpText('after', '\nExamples:\n  npm run ciphernet -- simulate --model 91bc… --dataset fashion-mnist')
    .action(simulate);
}
