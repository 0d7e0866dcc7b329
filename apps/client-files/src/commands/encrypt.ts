import { Command, abortOnSignals } from '@ciphernet/command-line';
import { encryptFile } from '../encrypt-file.js';
import { passphraseOf } from '../passphrase.js';

interface EncryptOptions {
  readonly keys: string;
  readonly replace: boolean;
  readonly json: boolean;
}

async function encrypt(input: string, output: string, { keys, replace, json }: EncryptOptions): Promise<void> {
  const options = { keys, passphrase: passphraseOf(), replace, signal: abortOnSignals() };
  const written = await encryptFile(input, output, options);
  const { examples, batches, bytes } = written;
  const text = `encrypted  ${examples} examples in ${batches} batches, ${bytes} bytes: ${output}`;
  process.stdout.write(`${json ? JSON.stringify(written) : text}\n`);
}

/** `encrypt`. */
export function encryptCommand(): Command {
  return new Command('encrypt')
    .description('encrypt the examples of a file for a compiled model, into a folder; labels are not needed')
    .argument(
      '<file>',
      'images as lines of pixels from 0 to 1, npy or IDX; or own data: CSV, TSV, Parquet, npy, npz, images',
    )
    .argument('<folder>', 'where the encrypted batches go')
    .requiredOption('--keys <folder>', 'keys that were made for the model; of the public kind, its public part will do')
    .option('--replace', 'put it in the place of a folder that is there', false)
    .option('--json', 'print a JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet encrypt test_pixels.txt ./upload --keys ./keys\n  ciphernet encrypt patients.csv ./upload --keys ./keys',
    )
    .action(encrypt);
}
