export { type BackendOptions, type QueueBackend, type WorkerTuning, openQueueBackend } from './backend.js';
export {
  type EvaluationRequest,
  JOB_OPTIONS,
  enqueueBenchmarkRun,
  enqueueEvaluation,
  newEvaluationId,
} from './flow.js';
export {
  type BenchmarkRun,
  type BenchmarkSuite,
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
  parseBenchmarkRun,
  parseBenchmarkSuite,
  parseCheckpoint,
  parseCollectJob,
  parseCollected,
  parseInferJob,
  parseInferred,
  parseTrainJob,
  parseTrained,
  progressSchema,
} from './jobs.js';
export type { WorkerStatus } from './worker-registry.js';
