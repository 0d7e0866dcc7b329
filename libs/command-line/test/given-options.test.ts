import { Command } from 'commander';
import { describe, expect, it } from '@jest/globals';
import { assertNotGiven } from '../src/given-options.js';

async function refusalOf(...given: string[]): Promise<unknown> {
  const command = new Command('run')
    .option('--input-range <range>')
    .option('--epochs <n>', 'with a default', '5')
    .option('--seed <n>')
    .action((_options: unknown, own: Command) => assertNotGiven(own, ['inputRange', 'epochs'], 'leave it out'));
  return command.parseAsync(given, { from: 'user' }).catch((error: unknown) => error);
}

describe('an option that says nothing', () => {
  it('is refused by its name where the user gave it, and not where it has a default', async () => {
    expect(await refusalOf('--input-range', '0..1')).toMatchObject({
      name: 'InputError',
      where: '--input-range',
      message: expect.stringMatching(/the option says nothing here.*leave it out/),
    });
    expect(await refusalOf('--epochs', '5')).toMatchObject({ name: 'InputError' });
    expect(await refusalOf('--seed', '3')).not.toBeInstanceOf(Error);
  });
});
