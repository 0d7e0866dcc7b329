import { openBlobStore } from '@ciphernet/blobs';
import {
  type CkksParameters,
  type EncryptionMode,
  PROFILE_NAMES,
  type RingName,
  describeParameters,
  profileNamed,
  securityOfParameters,
} from '@ciphernet/ckks';
import { Command, Option, digestArgument, integerBetween, ringOption } from '@ciphernet/command-line';
import { generateKeys, readPublicKey, writeKeyFiles } from '@ciphernet/keyring';
import { compileModel, loadModel } from '@ciphernet/models';
import { type OwnerConfiguration, loadOwnerConfiguration } from '@ciphernet/owner-records';
import { DEFAULT_DAYS, defaultKeysFolder, expiryIn } from '../keys.js';
import { rotateCommand } from './rotate.js';

interface CreateOptions {
  readonly profile: string;
  readonly forModel?: string;
  readonly mode: EncryptionMode;
  readonly ring?: RingName;
  readonly keys?: string;
  readonly days: number;
}

/** A profile's parameters, or those that are planned for a model. */
async function parametersFor(options: CreateOptions, configuration: OwnerConfiguration): Promise<CkksParameters> {
  const { profile, forModel, mode, ring } = options;
  if (forModel === undefined) return profileNamed(profile, ring).parameters;
  const model = await loadModel(await openBlobStore(configuration), forModel);
  return compileModel(model, { mode, ring }).plan.parameters;
}

async function createKeys(options: CreateOptions): Promise<void> {
  const configuration = loadOwnerConfiguration();
  const parameters = await parametersFor(options, configuration);
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
    .option('--for-model <digest>', 'the parameters that are planned for this model', digestArgument)
    .addOption(
      new Option('--mode <mode>', 'with --for-model: key to encrypt with')
        .choices(['public', 'symmetric'])
        .default('public'),
    )
    .addOption(ringOption('the cheaper one, as for `dataset encrypt`'))
    .option('--keys <folder>', 'where the files go (default: below CIPHERNET_DATA)')
    .option('--days <n>', 'days until they expire', integerBetween(1, 3650), DEFAULT_DAYS)
    .addHelpText(
      'after',
      '\nExamples:\n  CIPHERNET_PASSPHRASE=… ciphernet keys create\n  ciphernet keys create --profile one-square --keys ./keys\n  ciphernet keys create --for-model 91bc…',
    )
    .action(createKeys);
  keys.addCommand(rotateCommand());
  return keys;
}
