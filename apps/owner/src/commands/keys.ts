import { PROFILE_NAMES, type RingName, describeParameters, profileNamed, securityOfParameters } from '@ciphernet/ckks';
import { Command, Option, integerBetween, ringOption } from '@ciphernet/command-line';
import { generateKeys, readPublicKey, writeKeyFiles } from '@ciphernet/keyring';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { DEFAULT_DAYS, defaultKeysFolder, expiryIn } from '../keys.js';
import { rotateCommand } from './rotate.js';

async function createKeys(options: { profile: string; ring?: RingName; keys?: string; days: number }): Promise<void> {
  const { parameters } = profileNamed(options.profile, options.ring);
  const configuration = loadOwnerConfiguration();
  const { passphrase } = configuration;
  const folder = options.keys ?? defaultKeysFolder(configuration, parameters);
  await writeKeyFiles(folder, await generateKeys(parameters), passphrase, expiryIn(options.days));
  const { fingerprint, expires = '' } = await readPublicKey(folder);
  process.stdout.write(
    `keys         ${folder}\nfingerprint  ${fingerprint}\nparameters   ${describeParameters(parameters)}, ${securityOfParameters(parameters).bits} bits\nexpires      ${expires.slice(0, 10)}\n` +
      `secret key   ${passphrase === undefined ? 'not under a passphrase: set CIPHERNET_PASSPHRASE before making keys for one' : 'under the passphrase of CIPHERNET_PASSPHRASE'}\n`,
  );
}

/** `keys create`. */
export function keysCommand(): Command {
  const keys = new Command('keys').description('key files of the data owner');
  keys
    .command('create')
    .description('make a key pair; existing files are never replaced')
    .addOption(new Option('--profile <name>', 'parameter set').choices([...PROFILE_NAMES]).default('two-squares'))
    .addOption(ringOption('the cheaper one, as for `dataset encrypt`'))
    .option('--keys <folder>', 'where the files go (default: below CIPHERNET_DATA)')
    .option('--days <n>', 'days until they expire', integerBetween(1, 3650), DEFAULT_DAYS)
    .addHelpText(
      'after',
      '\nExamples:\n  CIPHERNET_PASSPHRASE=… ciphernet keys create\n  ciphernet keys create --profile one-square --keys ./keys',
    )
    .action(createKeys);
  keys.addCommand(rotateCommand());
  return keys;
}
