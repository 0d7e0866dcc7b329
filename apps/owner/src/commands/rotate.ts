import { resolve } from 'node:path';
import { openBlobStore } from '@ciphernet/blobs';
import { PROFILE_NAMES, type RingName, profileNamed } from '@ciphernet/ckks';
import {
  Command,
  Option,
  abortOnSignals,
  createProgressBoard,
  integerBetween,
  ringOption,
} from '@ciphernet/command-line';
import { EvaluationError, messageOf } from '@ciphernet/foundation';
import { DEFAULT_DAYS } from '@ciphernet/keyring';
import { defaultKeysFolder, loadOwnerConfiguration } from '@ciphernet/owner-records';
import { rotateKeys } from '../rotate-keys.js';

async function rotate(options: {
  profile: string;
  ring?: RingName;
  keys?: string;
  days: number;
  json: boolean;
}): Promise<void> {
  const owner = loadOwnerConfiguration();
  const folder = options.keys ?? defaultKeysFolder(owner, profileNamed(options.profile, options.ring).parameters);
  const signal = abortOnSignals();
  const board = createProgressBoard();
  try {
    const tools = { owner, blobs: await openBlobStore(owner), signal, board };
    const rotated = await rotateKeys(folder, options.days, tools);
    board.stop();
    const failed = rotated.filter(({ after }) => after === undefined);
    if (options.json) {
      const datasets = rotated.flatMap(({ before, after }) => (after === undefined ? [] : [{ before, after }]));
      process.stdout.write(`${JSON.stringify({ keys: folder, datasets })}\n`);
    } else {
      process.stdout.write(`keys     ${folder}\n`);
      for (const { before, after } of rotated) {
        if (after !== undefined) process.stdout.write(`dataset  ${before.slice(0, 16)}… is now ${after}\n`);
      }
    }
    for (const { before, error } of failed) {
      process.stderr.write(`dataset ${before.slice(0, 16)}…: ${messageOf(error)}\n`);
    }
    if (failed.length === 0) return;
    throw new EvaluationError(`${failed.length} of ${rotated.length} datasets were not encrypted again`, {
      where: folder,
      hint: 'remove the cause and run `keys rotate` again: it goes on where it stopped',
    });
  } finally {
    board.stop();
  }
}

/** `keys rotate`. */
export function rotateCommand(): Command {
  return new Command('rotate')
    .description('make new keys in place of the old ones, and encrypt again what those were used for')
    .addOption(new Option('--profile <name>', 'parameter set').choices([...PROFILE_NAMES]).default('two-squares'))
    .addOption(ringOption('the cheaper one, as for `dataset encrypt`'))
    .option('--keys <folder>', 'folder of the key files (default: below CIPHERNET_DATA)', (folder) => resolve(folder))
    .option('--days <n>', 'days until the new ones expire', integerBetween(1, 3650), DEFAULT_DAYS)
    .option('--json', 'print a JSON object', false)
    .addHelpText(
      'after',
      '\nThe old keys stay in a folder beside the new ones: results under them are decrypted as before.\n\nExamples:\n  ciphernet keys rotate\n  ciphernet keys rotate --keys ./keys --days 90',
    )
    .action(rotate);
}
