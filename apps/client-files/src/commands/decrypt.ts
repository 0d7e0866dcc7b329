import { Command, integerBetween } from '@ciphernet/command-line';
import { decryptFile } from '../decrypt-file.js';
import { passphraseOf } from '../passphrase.js';

interface DecryptOptions {
  readonly keys: string;
  readonly logits: boolean;
  readonly expect?: number;
}

async function decrypt(input: string, output: string, { keys, logits, expect }: DecryptOptions): Promise<void> {
  const examples = await decryptFile(input, output, { keys, passphrase: passphraseOf(), logits, expected: expect });
  process.stdout.write(`decrypted  ${examples} examples: ${output}\n`);
}

/** `decrypt`. */
export function decryptCommand(): Command {
  return new Command('decrypt')
    .description('decrypt a folder of encrypted outputs: a line an example with the number of its class')
    .argument('<folder>', 'what `ciphernet infer` made')
    .argument('<file>', 'where the predictions go; one that is there is replaced')
    .requiredOption('--keys <folder>', 'keys that were made for the model')
    .option('--logits', 'write the outputs as numbers; read below what that risks', false)
    .option('--expect <n>', 'examples that there have to be', integerBetween(1, 100_000_000))
    .addHelpText(
      'after',
      `
Decrypted numbers are for whoever holds the key, and for nobody else. CKKS decrypts with an error that depends on the secret key:
who learns decrypted numbers, or enough of anything that depends on them, can compute the key from them (Li and Micciancio 2021).
Decisions give away far less, but do not return even those to whoever evaluates, unless you would trust them with the data.

Examples:
  ciphernet decrypt ./download predictions.txt --keys ./keys
  ciphernet decrypt ./download logits.csv --keys ./keys --logits`,
    )
    .action(decrypt);
}
