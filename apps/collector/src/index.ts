export { startCollector } from './start-collector.js';
export { type CollectDependencies, collect } from './collect.js';
