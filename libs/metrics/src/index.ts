export type { Reliability } from './calibration.js';
export { decisionsOf } from './decisions.js';
export { type CategoryScores, type Evaluation, evaluateMetrics } from './evaluate.js';
export { type DecisionComparison, compareDecisions } from './mcnemar.js';
export { type MetricDifference, type PairedComparison, pairedBootstrap } from './paired.js';
export type { IntervalMethod, ResamplingOptions } from './resampling.js';
export { type SliceEvaluation, type SlicedEvaluation, type Slices, evaluateSlices } from './slices.js';
export type { Link, Outputs, Predictions, Task } from './task.js';
export { wilsonInterval } from './wilson.js';
