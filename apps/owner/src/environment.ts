/** Variables of the owner's commands besides the shared ones: name and meaning. */
export const OWNER_ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['CIPHERNET_PASSPHRASE', 'protects the secret key'],
];
