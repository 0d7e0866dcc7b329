export { type BenchmarkRecord, type Figures, listSuites, readHistory } from './history.js';
export { type Regression, findRegressions } from './regressions.js';
export { type Schedule, addSchedule, listSchedules, removeSchedule, runSuite, startBenchmarks } from './schedule.js';
export { historyPage } from './page.js';
