import type { Command } from '@ciphernet/command-line';

// Each command's modules are loaded with it: a step on files is over in a fraction of a second, and most of that is loading.

/** `keys create`: key files in a folder that is named. */
export async function createKeysCommand(): Promise<Command> {
  return (await import('./commands/create-keys.js')).createKeysCommand();
}

/** `encrypt`: examples in a file to a folder of encrypted batches. */
export async function encryptCommand(): Promise<Command> {
  return (await import('./commands/encrypt.js')).encryptCommand();
}

/** `decrypt`: a folder of encrypted outputs to a file of predictions. */
export async function decryptCommand(): Promise<Command> {
  return (await import('./commands/decrypt.js')).decryptCommand();
}
