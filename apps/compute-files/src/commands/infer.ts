import { Command, Option, abortOnSignals, integerBetween } from '@ciphernet/command-line';
import { type EngineName, ENGINE_NAMES } from '@ciphernet/artifacts';
import { writeWhole } from '@ciphernet/foundation';
import { inferFile } from '../infer-file.js';

interface InferOptions {
  readonly engine: string;
  readonly threads?: number;
  readonly replace: boolean;
  readonly steps?: string;
}

async function infer(model: string, input: string, output: string, options: InferOptions): Promise<void> {
  const { engine, threads, replace } = options;
  const { examples, steps } = await inferFile(model, input, output, {
    engine,
    threads,
    replace,
    signal: abortOnSignals(),
  });
  if (options.steps !== undefined) await writeWhole(options.steps, `${JSON.stringify(steps)}\n`);
  process.stdout.write(`evaluated  ${examples} examples: ${output}\n`);
}

/** `infer`. */
export function inferCommand(): Command {
  return new Command('infer')
    .description('evaluate a compiled model on a folder of encrypted batches; no key is needed')
    .argument('<model>', 'folder that `ciphernet model compile` made')
    .argument('<batches>', 'folder that `ciphernet encrypt` made')
    .argument('<folder>', 'where the encrypted outputs go')
    .addOption(new Option('--engine <name>').choices([...ENGINE_NAMES]).default('simd' satisfies EngineName))
    .option('--threads <n>', 'most threads (default: all cores)', integerBetween(1, 64))
    .option('--replace', 'put it in the place of a folder that is there', false)
    .option('--steps <file>', 'write the seconds of each step, as JSON')
    .addHelpText('after', '\nExamples:\n  ciphernet infer ./compiled ./upload ./download')
    .action(infer);
}
