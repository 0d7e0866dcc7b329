export { accuracyOf } from './accuracy.js';
export {
  type ComparedModel,
  type ComparedPair,
  type ModelComparison,
  comparisonToText,
  decisionsText,
  isBeyondChance,
  pairRows,
} from './comparison.js';
export { type Curve, curvePoint, curveSchema, curveToText } from './curve.js';
export {
  type EncodingAttack,
  type EncodingReport,
  OBFUSCATION_NOTES,
  attackText,
  encodingReportSchema,
  encodingReportToText,
  encodingTable,
  similarityCells,
} from './encoding-report.js';
export { percent, sizeText } from './format.js';
export { readReport, readReports, reportFromJson, reportToJson } from './json.js';
export { marginsOf } from './margins.js';
export { type MetricRow, figureText, metricName, metricRows, unitOf } from './metric-rows.js';
export { type LogitError, confusionMatrix, logitError } from './metrics.js';
export { ARCHNET, REFERENCE } from './reference.js';
export { type Reproduction, chosenRun, reproductionSchema, reproductionTable } from './reproduction.js';
export { type Report, reportSchema } from './schema.js';
export { checksText, reportToText } from './text.js';
