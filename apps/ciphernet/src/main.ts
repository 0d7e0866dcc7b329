#!/usr/bin/env node
import { InputError, exitCodeOf, messageOf } from '@ciphernet/errors';
import { Command, CommanderError } from 'commander';
import { benchCommand } from './commands/bench.js';
import { curveCommand } from './commands/curve.js';
import { dashboardCommand } from './commands/dashboard.js';
import { datasetCommand } from './commands/dataset.js';
import { enqueueCommand } from './commands/enqueue.js';
import { keysCommand } from './commands/keys.js';
import { modelCommand } from './commands/model.js';
import { reportCommand } from './commands/report.js';
import { collectorCommand, workerCommand } from './commands/roles.js';
import { reproduceCommand } from './commands/reproduce.js';
import { runCommand } from './commands/run.js';
import { scheduleCommand } from './commands/schedule.js';
import { simulateCommand } from './commands/simulate.js';
import { wasStopped } from './session.js';

const program = new Command('ciphernet')
  .description('evaluate models on datasets that stay encrypted')
  .showHelpAfterError('(add --help for the options)')
  .addHelpText(
    'after',
    '\nEnvironment:\n  REDIS_URL             queue shared by processes (default: embedded)\n  CIPHERNET_DATA        folder of everything written (default: .data)\n' +
      '  BLOB_URL              blobs in S3: s3://bucket/prefix?endpoint=… (default: the data folder)\n' +
      '  CIPHERNET_LOG         auto, json or text\n' +
      '  CIPHERNET_PASSPHRASE  protects the secret key\n  CIPHERNET_DATASETS    folder with mnist/ and fashion-mnist/ to read first\n' +
      '\nExit codes: 0 done, 1 failed, 2 bad input, 3 damaged data, 4 unsupported model, 5 service unavailable, 130 stopped',
  );
const commands = [
  runCommand(),
  keysCommand(),
  datasetCommand(),
  modelCommand(),
  enqueueCommand(),
  workerCommand(),
  collectorCommand(),
  dashboardCommand(),
  reportCommand(),
  curveCommand(),
  reproduceCommand(),
  scheduleCommand(),
  simulateCommand(),
  benchCommand(),
];
for (const command of commands) program.addCommand(command);

/** Commander's own exits (help, a bad option) keep their text; usage errors get the exit code of bad input. */
function overrideExits(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExits(child);
}
overrideExits(program);

// A reader that went away (`| head`) is no reason to end an evaluation.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** node-seal's WebAssembly exceptions need Node 22; saying so here beats failing after minutes of training. */
const MIN_NODE = 22;

try {
  if (Number(process.versions.node.split('.')[0]) < MIN_NODE) {
    throw new InputError(`Node ${process.versions.node} is too old for this command`, {
      where: process.execPath,
      hint: 'start it with npm start or npm run ciphernet, which bring Node 22',
    });
  }
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    const code = wasStopped() ? 130 : exitCodeOf(error);
    process.stderr.write(`ciphernet: ${code === 130 ? 'stopped' : messageOf(error)}\n`);
    process.exitCode = code;
  }
}
// Threads of sandboxed processors and database handles may linger: everything that matters is closed by now.
process.exit();
