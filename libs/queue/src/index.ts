export { type BackendOptions, type QueueBackend, type WorkerTuning, openQueueBackend } from './backend.js';
export {
  type CheckpointAnnouncement,
  type CollectJob,
  type CollectedResult,
  type InferJob,
  type InferredResult,
  type JobProgress,
  type TrainJob,
  type TrainedResult,
  QUEUES,
  checkpointEvaluationId,
  parseCheckpoint,
  parseCollectJob,
  parseCollected,
  parseInferJob,
  parseInferred,
  parseTrainJob,
  parseTrained,
  progressSchema,
} from './jobs.js';
export { type EvaluationRequest, JOB_OPTIONS, enqueueEvaluation, newEvaluationId } from './flow.js';
