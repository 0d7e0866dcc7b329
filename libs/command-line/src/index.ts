// One copy of commander for every entry: its classes are compared by identity.
export { Command, InvalidArgumentError, Option } from 'commander';
export {
  digestArgument,
  evaluationArgument,
  integerBetween,
  keyOf,
  modeOption,
  ringOption,
  suiteArgument,
} from './arguments.js';
export { type Entry, type LazyCommand, runEntry } from './main.js';
export { assertNotGiven } from './given-options.js';
export {
  type OwnDataOptions,
  OWN_DATA_OPTIONS,
  addCalibrationOptions,
  addOwnDataOptions,
  namesArgument,
  rangeArgument,
} from './own-data-options.js';
export { type Progress, type ProgressBoard, createProgressBoard } from './progress.js';
export { type Session, openSession, openSharedSession } from './session.js';
export { abortOnSignals, untilStopped } from './signals.js';
export { runTrainingJob } from './training-job.js';
export { waitForEvaluation, waitForJob } from './wait.js';
