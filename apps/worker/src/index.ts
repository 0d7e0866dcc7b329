export { openAuditor } from './audit.js';
export { preprocessingOfNamed } from './conversion/conversion-data.js';
export { conversionJob, runConversion } from './conversion/enqueue-conversion.js';
export { THREADS_PER_SHARD } from './infer.js';
export { type MeasuredAccuracy, type ModelRoles, modelCommand } from './commands/model.js';
export { checkCommand } from './commands/check.js';
export { simulateCommand } from './commands/simulate.js';
export { workerCommand } from './commands/worker.js';
export { type WorkerRoles, type WorkerTools, startWorker } from './start-worker.js';
