export { type WorkerRoles, startWorker } from './start-worker.js';
