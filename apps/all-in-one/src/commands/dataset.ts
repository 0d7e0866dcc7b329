import { type Command, openSession } from '@ciphernet/command-line';
import { datasetCommand } from '@ciphernet/owner';
import { trainHere } from '../train-here.js';

/** `dataset …` of a process that trains by itself where the queue is its own. */
export function datasetCommandHere(): Command {
  return datasetCommand({ open: openSession, startTraining: trainHere });
}
