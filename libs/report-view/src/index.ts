export { prepareCharts } from './charts.js';
export { historyPage } from './benchmark-page.js';
export { comparisonToHtml } from './comparison-page.js';
export { writeCurve } from './curve-view.js';
export { PICTURES, type PictureRow, writeEncodingReport } from './encoding-page.js';
export { reportToHtml } from './html.js';
export { PAGE_STYLE, escapeHtml } from './page.js';
export { writeReport } from './write-report.js';
