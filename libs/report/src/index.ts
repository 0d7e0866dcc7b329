export { type Report, reportSchema } from './schema.js';
export { type LogitError, confusionMatrix, logitError } from './metrics.js';
export { percent, reportToHtml, sizeText } from './html.js';
export { reportToText } from './text.js';
export { readReport, reportToJson, writeReport, writeWhole } from './write.js';
export { type Curve, curvePoint, curveToText, writeCurve } from './curve.js';
