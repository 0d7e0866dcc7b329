export { type BenchmarkRecord, type Figures, appendRecord, evaluationOf, listSuites, readHistory } from './history.js';
export { type Regression, findRegressions, seriesOf } from './regressions.js';
export { type Schedule, addSchedule, listSchedules, removeSchedule, runSuite, startBenchmarks } from './schedule.js';
