// The server's stage as a program, for a bundle: nothing in it makes, reads or uses a key.
import './early-helpers.mjs';
import { runEntry } from '@ciphernet/command-line';
import { inferCommand } from '@ciphernet/compute-files';

await runEntry({
  name: 'ciphernet-server',
  description: 'encrypted evaluation from file to file',
  commands: [{ path: ['infer'], load: inferCommand }],
});
