import { openBlobStore } from '@ciphernet/blobs';
import { Command, abortOnSignals, createProgressBoard, integerBetween } from '@ciphernet/command-line';
import { NAMED_DATASETS } from '@ciphernet/datasets';
import { InputError } from '@ciphernet/foundation';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { OBFUSCATION_NOTES } from '@ciphernet/report';
import { type EncodeChoice, encodeWithProgress } from '../encode-source.js';

interface EncodeOptions extends EncodeChoice {
  readonly obfuscated: boolean;
  readonly json: boolean;
}

/** The notes, a line each. */
const warning = (): string => OBFUSCATION_NOTES.map((note) => `  ! ${note}\n`).join('');

async function encode(name: string, options: EncodeOptions): Promise<void> {
  if (!options.obfuscated) {
    throw new InputError('an encoded copy is obfuscated, not encrypted: it can be turned back into images', {
      where: 'dataset encode',
      hint: 'say --obfuscated if that is what you want, after docs/encoded-training.md; to keep data secret, use dataset encrypt',
    });
  }
  process.stderr.write(warning());
  const owner = loadOwnerConfiguration();
  const signal = abortOnSignals();
  const blobs = await openBlobStore(owner);
  const board = createProgressBoard();
  try {
    const { digest, set, folder, keyFile, seconds } = await encodeWithProgress(name, options, {
      owner,
      blobs,
      board,
      signal,
    });
    board.stop();
    const counts = { train: set.train.count, test: set.test.count };
    const summary = {
      encoded: digest,
      protection: 'obfuscation, not encryption',
      ...counts,
      folder,
      key: keyFile,
      seconds,
    };
    process.stdout.write(
      options.json
        ? `${JSON.stringify(summary)}\n`
        : `encoded  ${digest}  (obfuscated, not encrypted)\n  copy   ${folder}  (with test labels: workers need none)\n  key    ${keyFile}  (secret: back it up)\n  train  ciphernet dataset train ${digest}\n`,
    );
  } finally {
    board.stop();
  }
}

/** `dataset encode`. */
export function encodeCommand(): Command {
  return new Command('encode')
    .description(
      'make an obfuscated copy of images for training on machines of others: NOT encryption; prints its digest',
    )
    .argument('<name|folder>', `${NAMED_DATASETS.join(', ')}, or a folder with the four IDX files`)
    .option('--obfuscated', 'you know that the copy is obfuscated, not encrypted', false)
    .option('--key <file>', 'key of an earlier encoding, for more data of the same model (default: a new key)')
    .option('--out <folder>', 'where the copy goes as IDX files (default: encoded/ in CIPHERNET_DATA)')
    .option('--train <n>', 'only the first n training images', integerBetween(10, 10_000_000))
    .option('--test <n>', 'only the first n test images', integerBetween(1, 10_000_000))
    .option('--json', 'print a JSON object', false)
    .addHelpText(
      'after',
      `\nWhat it does not protect:\n${warning()}\nExamples:\n  ciphernet dataset encode mnist --obfuscated\n  ciphernet dataset encode ./my-idx-files --obfuscated --key keys/encoding.key.json --out ./encoded`,
    )
    .action(encode);
}
