export { collectorCommand } from './commands/collector.js';
export { datasetCommand } from './commands/dataset.js';
export { type EnqueueRoles, enqueueCommand } from './commands/enqueue.js';
export { keysCommand } from './commands/keys.js';
export { reportCommand } from './commands/report.js';
export { type OwnerTools, encryptWithProgress } from './encryption.js';
export { ensureKeys } from './keys.js';
export { OWNER_ENVIRONMENT } from './environment.js';
