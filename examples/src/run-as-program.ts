import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** Runs `program` when the module at `url` is what Node was started with; a module that is imported runs nothing. */
export async function runAsProgram(url: string, program: () => void | Promise<void>): Promise<void> {
  const started = process.argv[1];
  if (started !== undefined && pathToFileURL(realpathSync(started)).href === url) await program();
}
