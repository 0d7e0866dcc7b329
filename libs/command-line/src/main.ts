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
  ['CIPHERNET_SILENCE_SECONDS', 'how long a job may say nothing before it is ended (default: 900)'],
  ['CIPHERNET_LOG', 'auto, json or text'],
];

type Variables = readonly (readonly [string, string])[];

/** A command whose modules are loaded when it is asked for: a step on files must not wait for the queue's. */
export interface LazyCommand {
  /** The words that it is called by: one, or those of a command of a group whose other commands need more modules. */
  readonly path: readonly [string] | readonly [string, string];
  load(): Promise<Command>;
}

/** One party's command line. */
export interface Entry {
  readonly name: string;
  readonly description: string;
  /** In the order of the help; commands of groups are in their groups as well. */
  readonly commands: readonly LazyCommand[];
  /** Variables of this entry besides the shared ones: name and meaning. */
  readonly environment?: () => Variables | Promise<Variables>;
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

/** The command that the arguments name: of several, the one with the longer path. */
function namedBy(args: readonly string[], commands: readonly LazyCommand[]): LazyCommand | undefined {
  return commands
    .filter(({ path }) => path.every((word, place) => args[place] === word))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** A program with the one command that is asked for, or with all of them where none is: for help and for errors. */
async function programOf(entry: Entry, args: readonly string[]): Promise<Command> {
  const { name, description, commands, environment } = entry;
  const program = new Command(name).description(description).showHelpAfterError('(add --help for the options)');
  const named = namedBy(args, commands);
  if (named !== undefined) {
    const command = await named.load();
    program.addCommand(named.path.length === 1 ? command : new Command(named.path[0]).addCommand(command));
  } else {
    const variables = [...SHARED_ENVIRONMENT, ...((await environment?.()) ?? [])];
    const lines = variables.map(([variable, text]) => `  ${variable.padEnd(29)} ${text}`);
    program.addHelpText('after', `\nEnvironment:\n${lines.join('\n')}\n${EXIT_CODES}`);
    const whole = commands.filter(({ path }) => path.length === 1);
    for (const command of await Promise.all(whole.map((command) => command.load()))) program.addCommand(command);
  }
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
        hint: 'start it through npm, which brings Node 24',
      });
    }
    await (await programOf(entry, process.argv.slice(2))).parseAsync();
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
