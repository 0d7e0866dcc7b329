import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/**
 * Given to Node as `--import`, writes the address of every module that a process and its threads load into the file that
 * `CIPHERNET_RECORD_MODULES` names, a line each.
 */
const file = process.env['CIPHERNET_RECORD_MODULES'];
if (file !== undefined) {
  registerHooks({
    load(url, context, nextLoad) {
      appendFileSync(file, `${url}\n`);
      return nextLoad(url, context);
    },
  });
}
