import { resolve } from 'node:path';
import { slotsFor } from '@ciphernet/arrangement';
import { profileNamed, slotsOf } from '@ciphernet/ckks';
import { Command, type OwnDataOptions, addOwnDataOptions } from '@ciphernet/command-line';
import { uploadBytesPerValue } from '@ciphernet/compiler';
import { type DataSummary, taskText, inspectOwnData } from '@ciphernet/datasets';
import { printable } from '@ciphernet/foundation';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { sizeText } from '@ciphernet/report';
import { measureEncryption } from '../measure-encryption.js';

interface InspectOptions extends OwnDataOptions {
  readonly json: boolean;
}

/** What encrypting so many examples costs under the parameters of one square, the usual ones of own models. */
async function costOfEncrypting({ examples, features }: DataSummary): Promise<{
  readonly ciphertexts: number;
  readonly bytes: number;
  readonly seconds: number;
}> {
  const { parameters } = profileNamed('one-square');
  const slots = slotsOf(parameters);
  const shards = Math.ceil(slotsFor(examples) / slots);
  const ciphertexts = shards * features;
  const perCiphertext = await measureEncryption(parameters, loadOwnerConfiguration().cores);
  return {
    ciphertexts,
    bytes: Math.round(ciphertexts * slots * uploadBytesPerValue(parameters)),
    seconds: ciphertexts * perCiphertext,
  };
}

function lines(summary: DataSummary): string[] {
  const head = `${summary.format}, ${summary.examples.toLocaleString('en')} examples`;
  const columns = summary.columns.map(
    ({ name, role, what }) => `  ${name.slice(0, 32).padEnd(34)}${role.padEnd(9)}${what}`,
  );
  const most = 60;
  const shown = columns.length > most ? [...columns.slice(0, most), `  … and ${columns.length - most} more`] : columns;
  return [
    head,
    ...shown,
    ...summary.guesses.map((guess) => `  guessed: ${guess}`),
    ...summary.problems.map((problem) => `  problem: ${problem}`),
  ];
}

async function inspect(path: string, options: InspectOptions): Promise<void> {
  const summary = await inspectOwnData(resolve(path), options);
  const cost = await costOfEncrypting(summary);
  if (options.json) return void process.stdout.write(`${JSON.stringify({ ...summary, cost })}\n`);
  const { ciphertexts, bytes, seconds } = cost;
  const text = [
    ...lines(summary),
    '',
    `  a model has to accept   ${summary.features.toLocaleString('en')} values an example${summary.shape === undefined ? '' : ` (${summary.shape.height}×${summary.shape.width}×${summary.shape.channels})`}`,
    `  what is predicted       ${summary.task === undefined ? 'nobody knows the answers: predictions for the owner only' : taskText(summary.task)}`,
    `  encrypting it           ${ciphertexts.toLocaleString('en')} ciphertexts, ${sizeText(bytes)}, about ${seconds.toFixed(1)} s here (one square, public key)`,
  ];
  process.stdout.write(`${printable(text.join('\n'))}\n`);
}

/** `dataset inspect`. */
export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('look at own data: columns, label, classes, what a model has to accept, what encrypting costs')
    .argument('<file|folder>', 'CSV, TSV, Parquet, .npy, .npz, or a folder with a folder of images a class');
  return addOwnDataOptions(command)
    .option('--json', 'print a JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet dataset inspect patients.csv --label diagnosis\n  ciphernet dataset inspect ./photos',
    )
    .action(inspect);
}
