import {
  type CkksParameters,
  type EncryptionMode,
  PROFILE_NAMES,
  type RingName,
  describeParameters,
  profileNamed,
  securityOfParameters,
} from '@ciphernet/ckks';
import { Command, Option, digestArgument, integerBetween, modeOption, ringOption } from '@ciphernet/command-line';
import { InputError } from '@ciphernet/foundation';
import { DEFAULT_DAYS, expiryIn } from '@ciphernet/keyring';
import { createKeysFor } from '../create-keys-for.js';
import { type KeyProtection, type MadeKeys, makeKeys } from '../make-keys.js';
import { passphraseOf } from '../passphrase.js';

interface CreateOptions {
  readonly profile: string;
  readonly for?: string;
  readonly public?: string;
  readonly forModel?: string;
  readonly mode: EncryptionMode;
  readonly ring?: RingName;
  readonly keys?: string;
  readonly days: number;
}

/** A profile's parameters, or those that are planned for a model of the store. */
async function parametersFor({ profile, forModel, mode, ring }: CreateOptions): Promise<CkksParameters> {
  if (forModel === undefined) return profileNamed(profile, ring).parameters;
  // The compiler of models and the store: of no use where the parameters are known.
  const [{ openBlobStore }, { compileModel, loadModel }, { loadOwnerConfiguration }] = await Promise.all([
    import('@ciphernet/blobs'),
    import('@ciphernet/models'),
    import('@ciphernet/owner-records'),
  ]);
  const model = await loadModel(await openBlobStore(loadOwnerConfiguration()), forModel);
  return compileModel(model, { mode, ring }).plan.parameters;
}

/** The folder of a parameter set's keys below the data folder. */
async function defaultFolder(parameters: CkksParameters): Promise<string> {
  const { defaultKeysFolder, loadOwnerConfiguration } = await import('@ciphernet/owner-records');
  return defaultKeysFolder(loadOwnerConfiguration(), parameters);
}

/** Where the keys go: the folder that is named, in either way. */
function namedFolder(argument: string | undefined, { keys }: CreateOptions): string | undefined {
  if (argument === undefined || keys === undefined || argument === keys) return argument ?? keys;
  throw new InputError('the folder is named twice', { where: '--keys', hint: 'name it once' });
}

/** Keys for a compiled model, in the folder that is named. */
function keysForCompiled(
  compiled: string,
  folder: string | undefined,
  publicFolder: string | undefined,
  protection: KeyProtection,
): Promise<MadeKeys> {
  if (folder !== undefined) return createKeysFor(compiled, folder, { ...protection, publicFolder });
  throw new InputError('keys for a compiled model go into a folder that you name', {
    where: 'keys create',
    hint: 'ciphernet keys create ./keys --for ./compiled',
  });
}

async function createKeys(argument: string | undefined, options: CreateOptions): Promise<void> {
  const passphrase = passphraseOf();
  const named = namedFolder(argument, options);
  const expires = expiryIn(options.days);
  const protection = { passphrase, expires };
  if (options.for === undefined && options.public !== undefined) {
    throw new InputError('a public part is of keys for a compiled model', {
      where: '--public',
      hint: 'give --for as well',
    });
  }
  let made: MadeKeys;
  if (options.for !== undefined) made = await keysForCompiled(options.for, named, options.public, protection);
  else {
    const parameters = await parametersFor(options);
    made = await makeKeys(named ?? (await defaultFolder(parameters)), parameters, protection);
  }
  const { folder, parameters, fingerprint } = made;
  process.stdout.write(
    `keys         ${folder}\nfingerprint  ${fingerprint}\nparameters   ${describeParameters(parameters)}, ${securityOfParameters(parameters).bits} bits\nexpires      ${expires.toISOString().slice(0, 10)}\n` +
      `secret key   ${passphrase === undefined ? 'not under a passphrase: set CIPHERNET_PASSPHRASE before making keys for one' : 'under the passphrase of CIPHERNET_PASSPHRASE'}\n`,
  );
}

/** `keys create`. */
export function createKeysCommand(): Command {
  return new Command('create')
    .description('make a key pair; existing files are never replaced')
    .argument('[folder]', 'where the files go (default: below CIPHERNET_DATA)')
    .option('--for <compiled>', 'for the steps on files: what `ciphernet model compile` made, or its client.json')
    .option('--public <folder>', 'with --for: also put what others need to encrypt, without the secret key, there')
    .addOption(new Option('--profile <name>', 'parameter set').choices([...PROFILE_NAMES]).default('two-squares'))
    .option('--for-model <digest>', 'the parameters that are planned for this model of the store', digestArgument)
    .addOption(modeOption('with --for-model: key to encrypt with'))
    .addOption(ringOption('the cheaper one, as for `dataset encrypt`'))
    .option('--keys <folder>', 'the same as the folder')
    .option('--days <n>', 'days until they expire', integerBetween(1, 3650), DEFAULT_DAYS)
    .addHelpText(
      'after',
      '\nExamples:\n  CIPHERNET_PASSPHRASE=… ciphernet keys create\n  ciphernet keys create ./keys --profile one-square\n  ciphernet keys create ./keys --for ./compiled\n  ciphernet keys create --for-model 91bc…',
    )
    .action(createKeys);
}
