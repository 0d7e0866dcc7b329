export { type Log, createLog, onJobs } from './log.js';
