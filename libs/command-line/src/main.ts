import { InputError, exitCodeOf, messageOf } from '@ciphernet/foundation';
import { Command, CommanderError } from 'commander';
import { wasStopped } from './signals.js';

/** node-seal's WebAssembly exceptions need Node 22; saying so here beats failing after minutes of training. */
const MIN_NODE = 22;

const EXIT_CODES =
  '\nExit codes: 0 done, 1 failed, 2 bad input, 3 damaged data, 4 unsupported model, 5 service unavailable, 130 stopped';

/** Variables that every entry reads. */
const SHARED_ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['REDIS_URL', 'queue shared by processes (default: embedded)'],
  ['BLOB_URL', 'blobs in S3: s3://bucket/prefix?endpoint=… (default: the data folder)'],
  ['CIPHERNET_DATA', 'folder of everything written (default: .data)'],
  ['CIPHERNET_DATASETS', 'folder with mnist/ and fashion-mnist/ to read first'],
  ['CIPHERNET_WORKERS', 'fingerprints of workers whose results are taken from the store'],
  ['CIPHERNET_OWNERS', 'fingerprints of data owners whose datasets workers take'],
  ['CIPHERNET_MODEL_KEY', 'file of the key that models are stored under'],
  ['CIPHERNET_STOP_SECONDS', 'what running jobs may take to finish when asked to stop (default: 30)'],
  ['CIPHERNET_LOG', 'auto, json or text'],
];

/** One party's command line. */
export interface Entry {
  readonly name: string;
  readonly description: string;
  readonly commands: readonly Command[];
  /** Variables of this entry besides the shared ones: name and meaning. */
  readonly environment?: readonly (readonly [string, string])[];
}

/**
 * Commander's own exits (help, a bad option) keep their text; usage errors get the exit code of bad input. Examples in help
 * texts are written for `ciphernet`: each entry shows its own name in them.
 */
function adoptCommands(command: Command, name: string): void {
  command.exitOverride();
  const own = (text: string): string => text.replace(/\bciphernet (?=[a-z])/g, `${name} `);
  command.configureOutput({
    writeOut: (text) => void process.stdout.write(own(text)),
    writeErr: (text) => void process.stderr.write(own(text)),
  });
  for (const child of command.commands) adoptCommands(child, name);
}

function programOf({ name, description, commands, environment = [] }: Entry): Command {
  const lines = [...SHARED_ENVIRONMENT, ...environment].map(([variable, text]) => `  ${variable.padEnd(29)} ${text}`);
  const program = new Command(name)
    .description(description)
    .showHelpAfterError('(add --help for the options)')
    .addHelpText('after', `\nEnvironment:\n${lines.join('\n')}\n${EXIT_CODES}`);
  for (const command of commands) program.addCommand(command);
  adoptCommands(program, name);
  return program;
}

/** A reader that went away (`| head`) is no reason to end an evaluation. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** Runs the command that the arguments name, says in one line what went wrong, and ends the process with its exit code. */
export async function runEntry(entry: Entry): Promise<never> {
  ignoreClosedPipes();
  try {
    if (Number(process.versions.node.split('.')[0]) < MIN_NODE) {
      throw new InputError(`Node ${process.versions.node} is too old for this command`, {
        where: process.execPath,
        hint: 'start it through npm, which brings Node 22',
      });
    }
    await programOf(entry).parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      const code = wasStopped() ? 130 : exitCodeOf(error);
      process.stderr.write(`${entry.name}: ${code === 130 ? 'stopped' : messageOf(error)}\n`);
      process.exitCode = code;
    }
  }
  // Threads of sandboxed processors and database handles may linger: everything that matters is closed by now.
  process.exit();
}
