import { PROFILE_NAMES, describeParameters, profileNamed, securityOfParameters } from '@ciphernet/ckks';
import { Command, Option } from '@ciphernet/command-line';
import { generateKeys, readPublicKey, writeKeyFiles } from '@ciphernet/keyring';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { defaultKeysFolder } from '../keys.js';

async function createKeys(options: { profile: string; keys?: string }): Promise<void> {
  const { parameters } = profileNamed(options.profile);
  const configuration = loadOwnerConfiguration();
  const { passphrase } = configuration;
  const folder = options.keys ?? defaultKeysFolder(configuration, parameters);
  await writeKeyFiles(folder, await generateKeys(parameters), passphrase);
  const { fingerprint } = await readPublicKey(folder);
  process.stdout.write(
    `keys         ${folder}\nfingerprint  ${fingerprint}\nparameters   ${describeParameters(parameters)}, ${securityOfParameters(parameters).bits} bits\n` +
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
    .option('--keys <folder>', 'where the files go (default: below CIPHERNET_DATA)')
    .addHelpText(
      'after',
      '\nExamples:\n  CIPHERNET_PASSPHRASE=… ciphernet keys create\n  ciphernet keys create --profile one-square --keys ./keys',
    )
    .action(createKeys);
  return keys;
}
