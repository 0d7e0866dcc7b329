export { type CollectDependencies, collect } from './collect.js';
export { type CollectorTools, startCollector } from './start-collector.js';
