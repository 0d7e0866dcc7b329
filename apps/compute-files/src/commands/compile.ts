import type { EncryptionMode, RingName } from '@ciphernet/ckks';
import { describeParameters, securityOfParameters } from '@ciphernet/ckks';
import {
  Command,
  InvalidArgumentError,
  Option,
  addCalibrationOptions,
  keyOf,
  namesArgument,
  modeOption,
  ringOption,
} from '@ciphernet/command-line';
import { printable } from '@ciphernet/foundation';
import { type CompileFileOptions, compileFile } from '../compile-file.js';

/** Parses a positive number. */
function errorArgument(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('must be a positive number.');
}

interface CompileOptions extends Omit<CompileFileOptions, 'verifiable' | 'mode' | 'ring'> {
  readonly mode: EncryptionMode;
  readonly ring?: RingName;
  readonly cheapest: boolean;
}

async function compileModelFile(
  model: string,
  output: string,
  { cheapest, ...options }: CompileOptions,
): Promise<void> {
  const verifiable = cheapest ? 'never' : 'prefer';
  const { client, guesses } = await compileFile(model, output, { ...options, verifiable });
  for (const line of guesses) process.stderr.write(`  ${printable(line)}\n`);
  const { parameters, mode } = client;
  process.stdout.write(
    `compiled     ${output}\ncircuit      ${client.circuit}\nparameters   ${describeParameters(parameters)}, ${securityOfParameters(parameters).bits} bits\nencryption   with ${keyOf(mode)}\n`,
  );
}

/** `model compile`. */
export function compileCommand(): Command {
  const command = new Command('compile')
    .description('compile a model into files: client.json for its clients, circuit.json for the server alone')
    .argument('<file|folder|digest>', 'an .onnx, .keras or .h5 file, a folder with model.json, or a model of the store')
    .argument('<folder>', 'where the files go')
    .addOption(modeOption('key that clients encrypt with'))
    .addOption(
      new Option(
        '--packing <name>',
        'slots: thousands of examples a batch; products: a megabyte an example, one square',
      )
        .choices(['slots', 'products'])
        .default('slots'),
    )
    .addOption(ringOption('the cheaper one, where it costs no accuracy'))
    .option('--cheapest', 'fewest bytes and the least work: a plan that no auditor can spot-check', false)
    .option(
      '--target-error <x>',
      'what an output may be wrong by, in the worst slot of 10^5 values (default: 0.2, or 1/256 of the largest)',
      errorArgument,
    );
  return addCalibrationOptions(command)
    .option('--label <columns>', 'with --calibrate: columns that are no features', namesArgument)
    .option('--ignore <columns>', 'with --calibrate: other columns that are no features', namesArgument)
    .option('--classes <names>', "names of the classes in the order of the model's outputs", namesArgument)
    .option('--replace', 'put it in the place of a folder that is there', false)
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet model compile ./my-tfjs-model ./compiled\n  ciphernet model compile model.onnx ./compiled --calibrate train.csv --label diagnosis',
    )
    .action(compileModelFile);
}
