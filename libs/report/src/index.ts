export { type Report, reportSchema } from './schema.js';
export { type LogitError, confusionMatrix, logitError } from './metrics.js';
export { marginsOf } from './margins.js';
export { renderChart } from './charts.js';
export { escapeHtml, pageStyle, percent, reportToHtml, sizeText } from './html.js';
export { reportToText } from './text.js';
export { readReport, readReports, reportFromJson, reportToJson, writeReport, writeWhole } from './write.js';
export { type Curve, curvePoint, curveToText, writeCurve } from './curve.js';
export { type Reproduction, chosenRun, reproductionSchema, reproductionTable } from './reproduction.js';
