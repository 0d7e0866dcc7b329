export { type BackendOptions, type QueueBackend, type WorkerTuning, openQueueBackend } from './backend.js';
export {
  type EvaluationRequest,
  JOB_OPTIONS,
  enqueueBenchmarkRun,
  enqueueEvaluation,
  enqueueSkippedRun,
  newEvaluationId,
} from './flow.js';
export {
  type BenchmarkRun,
  type BenchmarkSuite,
  type CheckpointAnnouncement,
  type CollectJob,
  type InferJob,
  type InferredResult,
  type JobProgress,
  type TrainJob,
  type TrainedResult,
  COLLECTED,
  QUEUES,
  checkpointEvaluationId,
  parseBenchmarkRun,
  parseBenchmarkSuite,
  parseCheckpoint,
  parseCollectJob,
  parseInferJob,
  parseInferred,
  parseTrainJob,
  parseTrained,
  progressSchema,
  suiteEvaluationId,
} from './jobs.js';
export type { WorkerStatus } from './worker-registry.js';
