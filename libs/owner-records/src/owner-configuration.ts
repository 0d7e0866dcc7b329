import { join } from 'node:path';
import { type Configuration, loadConfiguration } from '@ciphernet/configuration';

/** What the data owner's processes know besides: where secrets and results lie. Nothing of it reaches a worker. */
export interface OwnerConfiguration extends Configuration {
  readonly keysFolder: string;
  /** Reports and curves, a folder each. */
  readonly reportsFolder: string;
  /** Runs of benchmark suites, by suite and time. */
  readonly historyFolder: string;
  /** What was ever published: statements, their signatures, and the ledger of what they cost. */
  readonly publishedFolder: string;
  /** What may be published, and how much: the default policy applies where there is no such file. */
  readonly policyFile: string;
  /** What may be evaluated on each dataset. */
  readonly consentsFolder: string;
  /** What was asked for without consent. */
  readonly requestsFolder: string;
  /** What the owner asked for, by evaluation or run. */
  readonly askedFolder: string;
  /** Which plaintext dataset a manifest stands for, and where its keys are. */
  readonly recordsFolder: string;
  /** Encoded copies of datasets, and what the owner keeps about each. */
  readonly encodedFolder: string;
  /** Protects the secret key; from the environment only, since other users of the machine could read an option. */
  readonly passphrase: string | undefined;
}

/** Reads and checks the environment. @throws InputError naming the variable */
export function loadOwnerConfiguration(env: NodeJS.ProcessEnv = process.env): OwnerConfiguration {
  const configuration = loadConfiguration(env);
  const { dataFolder } = configuration;
  return Object.freeze({
    ...configuration,
    keysFolder: join(dataFolder, 'keys'),
    reportsFolder: join(dataFolder, 'reports'),
    historyFolder: join(dataFolder, 'history'),
    publishedFolder: join(dataFolder, 'published'),
    policyFile: join(dataFolder, 'policy.json'),
    consentsFolder: join(dataFolder, 'consents'),
    requestsFolder: join(dataFolder, 'requests'),
    askedFolder: join(dataFolder, 'asked'),
    recordsFolder: join(dataFolder, 'client'),
    encodedFolder: join(dataFolder, 'encoded'),
    passphrase: env['CIPHERNET_PASSPHRASE'] || undefined,
  });
}
