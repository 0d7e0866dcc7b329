import type { Report } from './schema.js';

/** What people call the figures. */
const NAMES: Readonly<Record<string, string>> = {
  accuracy: 'accuracy',
  balancedAccuracy: 'balanced accuracy',
  precisionMacro: 'precision, macro',
  recallMacro: 'recall, macro',
  f1Macro: 'F1, macro',
  precisionMicro: 'precision, micro',
  recallMicro: 'recall, micro',
  f1Micro: 'F1, micro',
  rocAuc: 'ROC AUC',
  prAuc: 'PR AUC',
  logLoss: 'log loss',
  brier: 'Brier score',
  calibrationError: 'calibration error',
  mae: 'mean absolute error',
  rmse: 'root mean squared error',
  r2: 'R²',
};

/** One figure: of decryption with its interval, and of the plain model. */
export interface MetricRow {
  readonly name: string;
  readonly encrypted: string;
  readonly interval: string;
  readonly plain: string;
}

/** What people call a figure of a report, by its key. */
export function metricName(key: string): string {
  const top = /^top(\d+)$/.exec(key)?.[1];
  return NAMES[key] ?? (top === undefined ? key : `top-${top} accuracy`);
}

/** Five significant digits, and whole numbers as they are. */
export const figureText = (value: number | undefined): string =>
  value === undefined ? '–' : Number.isInteger(value) ? String(value) : value.toPrecision(5);

/** The figures of a report, or of a part of its examples, as texts; none of reports from before there were any. */
export function metricRows({
  metrics,
  intervals,
  plainMetrics,
}: Pick<Report, 'metrics' | 'intervals' | 'plainMetrics'>): MetricRow[] {
  return Object.entries(metrics ?? {}).map(([key, value]) => {
    const interval = intervals?.[key];
    return {
      name: metricName(key),
      encrypted: figureText(value),
      interval: interval === undefined ? '' : `${figureText(interval[0])} to ${figureText(interval[1])}`,
      plain: figureText(plainMetrics?.[key]),
    };
  });
}

/** What an example is called in this report. */
export function unitOf({ dataset }: Pick<Report, 'dataset'>): 'images' | 'examples' {
  return dataset.unit ?? 'images';
}
