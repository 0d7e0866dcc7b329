import { InvalidArgumentError } from 'commander';

/** Parsers for command-line values; commander prints their message with the option's name and exits. */
export function integerBetween(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(`must be a whole number from ${low} to ${high}.`);
    }
    return value;
  };
}

export function digestArgument(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError('must be the 64 hex digits that the command which made it printed.');
}
