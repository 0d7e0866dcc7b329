import type { Session } from '@ciphernet/command-line';

/** Trains in this process where the queue is its own: nobody else can. Elsewhere workers do. */
export async function trainHere(session: Session): Promise<void> {
  if (session.backend.kind !== 'embedded') return;
  // Loaded for training only: it brings TensorFlow.js.
  const { startWorker } = await import('@ciphernet/worker');
  startWorker(session, { infer: 0, audit: 0, train: true, benchmark: false });
}
