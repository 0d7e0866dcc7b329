// The client's stages as one program, for a bundle: keys, encryption, decryption.
import { createKeysCommand, decryptCommand, encryptCommand } from '@ciphernet/client-files';
import { runEntry } from '@ciphernet/command-line';

await runEntry({
  name: 'ciphernet-client',
  description: 'keys, encryption and decryption from file to file',
  commands: [
    { path: ['keys', 'create'], load: createKeysCommand },
    { path: ['encrypt'], load: encryptCommand },
    { path: ['decrypt'], load: decryptCommand },
  ],
});
