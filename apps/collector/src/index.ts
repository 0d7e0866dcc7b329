export { type CollectDependencies, collect } from './collect.js';
export { startCollector } from './start-collector.js';
