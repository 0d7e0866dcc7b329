import { type OwnerConfiguration, keepAsked } from '@ciphernet/owner-records';
import { type EvaluationRequest, type QueueBackend, enqueueEvaluation } from '@ciphernet/queue';

/** Enqueues an evaluation of the owner's: what is asked is kept first, from the same request. */
export async function enqueueAsked(
  owner: OwnerConfiguration,
  backend: QueueBackend,
  evaluation: string,
  request: EvaluationRequest,
): Promise<void> {
  const { manifest, model, compare, audit = false } = request;
  await keepAsked(owner, evaluation, { manifest, model, compare, audit });
  await enqueueEvaluation(backend.flows(), evaluation, request);
}
