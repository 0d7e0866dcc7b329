export { type BenchmarkRecord, type Figures, listSuites, readHistory } from './history.js';
export { type Regression, findRegressions, seriesOf } from './regressions.js';
export { type Schedule, addSchedule, listSchedules, removeSchedule, runSuite, startBenchmarks } from './schedule.js';
