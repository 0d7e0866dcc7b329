import { InputError } from '@ciphernet/foundation';
import type { Command } from 'commander';

/**
 * Holds what a user gave against what a command makes of it in the case at hand: an option that is taken and says nothing would be believed.
 *
 * @param names of the options that say nothing here, as properties: `inputRange`
 * @param hint what to do instead
 * @throws InputError naming the first of them that the user gave
 */
export function assertNotGiven(command: Command, names: readonly string[], hint: string): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (!names.includes(name) || command.getOptionValueSource(name) !== 'cli') continue;
    throw new InputError('the option says nothing here', { where: option.long ?? name, hint });
  }
}
