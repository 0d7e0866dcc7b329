import { loadConfiguration } from '@ciphernet/configuration';
import { generateKeys, readPublicKey, writeKeyFiles } from '@ciphernet/keyring';
import { describeParameters, securityOfParameters } from '@ciphernet/parameters';
import { Command, Option } from 'commander';
import { defaultKeysFolder } from '../ensure-keys.js';
import { PROFILE_NAMES, profileNamed } from '../profiles.js';
import { passphraseFromEnvironment } from '../session.js';

async function createKeys(options: { profile: string; keys?: string }): Promise<void> {
  const { parameters } = profileNamed(options.profile);
  const folder = options.keys ?? defaultKeysFolder(loadConfiguration(), parameters);
  const passphrase = passphraseFromEnvironment();
  await writeKeyFiles(folder, await generateKeys(parameters), passphrase);
  const { fingerprint } = await readPublicKey(folder);
  process.stdout.write(
    `keys         ${folder}\nfingerprint  ${fingerprint}\nparameters   ${describeParameters(parameters)}, ${securityOfParameters(parameters).bits} bits\n` +
      `secret key   ${passphrase === undefined ? 'not under a passphrase: set CIPHERNET_PASSPHRASE before making keys for one' : 'under the passphrase of CIPHERNET_PASSPHRASE'}\n`,
  );
}

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
