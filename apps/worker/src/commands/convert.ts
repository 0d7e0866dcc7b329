import { extname } from 'node:path';
import { openBlobStore } from '@ciphernet/blobs';
import {
  Command,
  addOwnDataOptions,
  assertNotGiven,
  createProgressBoard,
  integerBetween,
  namesArgument,
} from '@ciphernet/command-line';
import { loadConfiguration } from '@ciphernet/configuration';
import { NAMED_DATASETS } from '@ciphernet/datasets';
import { InputError, elementAt, printable, writeWhole } from '@ciphernet/foundation';
import { loadModel, modelBlobs, openModelKey } from '@ciphernet/models';
import { conversionReportFromBytes, conversionReportToText } from '../conversion/conversion-report.js';
import { type ConversionRequest, conversionJob, runConversion } from '../conversion/enqueue-conversion.js';
import type { ModelRoles } from './model.js';

interface ConvertOptions extends Omit<ConversionRequest, 'train'> {
  readonly train?: string;
  readonly out?: string;
  readonly json: boolean;
}

async function convert(roles: ModelRoles, path: string, options: ConvertOptions): Promise<void> {
  const { train } = options;
  if (train === undefined) {
    throw new InputError('a network is converted by training it against the original, which needs data', {
      where: '--train',
      hint: 'give public data, or the data that it was trained on: squares in the place of other activations make another network, which is no good until it is trained',
    });
  }
  const configuration = loadConfiguration();
  const blobs = modelBlobs(await openBlobStore(configuration), await openModelKey(configuration));
  const job = await conversionJob(blobs, path, { ...options, train }, configuration.datasetFolders);
  await using session = await roles.open();
  await roles.startTraining(session);
  const { name } = job;
  const board = createProgressBoard();
  const { model, report } = await runConversion(session, board, job).finally(() => board.stop());
  const loaded = await loadModel(blobs, model);
  if (loaded.record.version !== 3) throw new Error('a converted network is a model of a file');
  const out = options.out ?? `${name}.onnx`;
  await writeWhole(out, await blobs.get(elementAt(loaded.record.source.parts, 0).digest));
  const bytes = await blobs.get(report);
  const parsed = conversionReportFromBytes(bytes, report);
  const stem = out.slice(0, out.length - extname(out).length);
  await writeWhole(`${stem}.report.json`, bytes);
  await writeWhole(`${stem}.report.txt`, conversionReportToText(parsed));
  if (options.json) return void process.stdout.write(`${JSON.stringify({ ...parsed, file: out })}\n`);
  process.stdout.write(
    `${printable(conversionReportToText(parsed))}\nmodel  ${model}  ${name}\nfile   ${out}, ${stem}.report.json and .txt\n`,
  );
}

/** `model convert`. */
export function convertCommand(roles: ModelRoles): Command {
  const command = new Command('convert')
    .description('make a network with ReLU, max pooling and the like into one that can be evaluated encrypted')
    .argument('<model>', 'the original, an .onnx file')
    .option(
      '--train <name|file|folder>',
      `${NAMED_DATASETS.join(', ')}, IDX files, or own data: what it is trained with`,
    )
    .option('--test <file|folder>', 'own data that is looked at once, at the end; default: 15 % of the training data')
    .option('--examples <n>', 'train with the first n examples only', integerBetween(40, 1_000_000))
    .option('--squares <nodes>', 'the one or two nodes that become squares; default: found by trial', namesArgument)
    .option('--epochs <n>', 'epochs of training; default: 10 to 60, by the number of examples', integerBetween(1, 200))
    .option('--seed <n>', 'seed of training', integerBetween(0, 2 ** 31 - 1), 1)
    .option('--out <file>', 'where the converted network goes; default: NAME-converted.onnx')
    .option('--json', 'print the report as JSON', false);
  return addOwnDataOptions(command)
    .addHelpText(
      'after',
      '\nThe original is run by ONNX Runtime on the training data; the converted network is trained to give the same. It is\n' +
        'another network, with a digest of its own, and the report beside it says what it cost.\n' +
        '\nExamples:\n  ciphernet model convert lenet.onnx --train fashion-mnist\n' +
        '  ciphernet model convert mlp.onnx --train train.csv --test test.csv --label diagnosis',
    )
    .action((path: string, options: ConvertOptions, own: Command) => {
      assertNotGiven(own, ['slice'], 'reports of evaluations have slices: say it where data is encrypted');
      return convert(roles, path, options);
    });
}
