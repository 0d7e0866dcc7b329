export { exampleReport } from './example-report.js';
