import { basename, resolve } from 'node:path';
import { type ProgressBoard, type Session, createProgressBoard, openSession } from '@ciphernet/command-line';
import { type OwnDataChoice, loadOwnExamples, readingForModel, taskText } from '@ciphernet/datasets';
import { InputError, printable } from '@ciphernet/foundation';
import { importOwnModel, loadModel, openModelKey } from '@ciphernet/models';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { collecting, encryptForModel, evaluate, openDashboard, showReport } from '../evaluation-steps.js';
import { requireSharedQueue, startRoles } from '../start-roles.js';
import type { RunOptions } from './run.js';

/** What an own model is calibrated by, and the note that its reports carry. */
function calibrationOf(options: RunOptions, data: string, session: Session): Parameters<typeof importOwnModel>[2] {
  const choice = choiceOf(options);
  const { calibrate, inputRange } = options;
  if (inputRange !== undefined) {
    const note = `calibrated on values from ${inputRange.from} to ${inputRange.to}, as stated`;
    return { path: calibrate ?? data, isData: calibrate === undefined, choice, range: inputRange, note };
  }
  if (calibrate !== undefined) return { path: calibrate, choice, note: `calibrated on ${basename(calibrate)}` };
  // Ranges and covariances of the private data would be in everybody's store.
  if (session.backend.kind !== 'embedded' && !options.calibrateOnData) {
    throw new InputError('workers elsewhere would see statistics of the private data', {
      where: '--calibrate',
      hint: 'give data that may be seen, or ranges with --input-range, or agree with --calibrate-on-data',
    });
  }
  return {
    path: data,
    isData: true,
    choice,
    note: 'calibrated on the private data itself: ranges and covariances of it are kept with the model',
  };
}

function choiceOf({ label, ignore, slice, task, classes, positive }: RunOptions): OwnDataChoice {
  return { label, ignore, slice, task, classes, positive };
}

async function evaluateOwn(session: Session, board: ProgressBoard, options: RunOptions, data: string): Promise<void> {
  const { blobs } = session;
  const say = (line: string): void => void process.stderr.write(`${printable(line)}\n`);
  const calibration = calibrationOf(options, data, session);
  const key = await openModelKey(session.configuration);
  const imported = await importOwnModel(blobs, options.model, calibration, key);
  const choice = choiceOf(options);
  const { reading, guesses } = await readingForModel(data, choice, imported.preprocessing, imported.knowledge);
  for (const line of [calibration.note, ...imported.guesses, ...guesses]) say(`  ${line}`);
  const examples = await loadOwnExamples(data, reading, options.images === undefined ? {} : { most: options.images });
  say(
    `  data: ${examples.count.toLocaleString('en')} examples of ${examples.features.width} features, ${taskText(examples.task)}`,
  );
  const model = await loadModel(blobs, imported.model, key);
  const { outputs } = imported.knowledge;
  const encrypted = await encryptForModel(session, board, options, { examples, source: data, reading, outputs }, model);
  const accepted = await evaluate(session, board, options, model, { ...encrypted, images: examples.count });
  board.stop();
  await showReport(accepted, options.json);
}

/** `run --data`: own data and an own model, from files to a report. */
export async function runOwn(options: RunOptions, data: string): Promise<void> {
  const owner = loadOwnerConfiguration();
  await using session = await openSession();
  process.stderr.write(`queue: ${session.backend.description}\n`);
  await using dashboard = options.dashboard ? await openDashboard(session, options.port) : undefined;
  const board = createProgressBoard();
  try {
    if (options.remote) requireSharedQueue(session);
    else {
      const prepare = await startRoles(
        session,
        owner,
        { infer: owner.cores, audit: 1, train: false },
        collecting(board),
      );
      // Reading the model and the data takes one core. Most sets of one's own are a shard.
      void prepare(1);
    }
    await evaluateOwn(session, board, options, resolve(data));
    await dashboard?.untilStopped();
  } finally {
    board.stop();
  }
}
