import { createKeysCommand } from '@ciphernet/client-files';
import { Command } from '@ciphernet/command-line';
import { rotateCommand } from './rotate.js';

/** `keys create` and `keys rotate`. */
export async function keysCommand(): Promise<Command> {
  const keys = new Command('keys').description('key files of the data owner');
  keys.addCommand(await createKeysCommand());
  keys.addCommand(rotateCommand());
  return keys;
}
