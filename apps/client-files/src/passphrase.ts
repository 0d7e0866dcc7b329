/** What protects the secret key; from the environment only, since other users of the machine could read an option. */
export function passphraseOf(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['CIPHERNET_PASSPHRASE'] || undefined;
}
