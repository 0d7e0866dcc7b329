import type { Command } from '@ciphernet/command-line';

/** `model compile`: a model to the files that clients and servers need before there are keys. */
export async function compileCommand(): Promise<Command> {
  return (await import('./commands/compile.js')).compileCommand();
}

/** `infer`: a folder of encrypted batches to a folder of encrypted outputs. */
export async function inferCommand(): Promise<Command> {
  return (await import('./commands/infer.js')).inferCommand();
}
