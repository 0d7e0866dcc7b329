import { type Command, openSession } from '@ciphernet/command-line';
import { datasetCommand } from '@ciphernet/owner';

/** `dataset …` of a process that trains by itself where the queue is its own. */
export function datasetCommandHere(): Command {
  return datasetCommand({
    open: openSession,
    async startTraining(session) {
      if (session.backend.kind !== 'embedded') return;
      // Loaded for training only: it brings TensorFlow.js.
      const { startWorker } = await import('@ciphernet/worker');
      startWorker(session, { infer: 0, audit: 0, train: true, benchmark: false });
    },
  });
}
