import { elementAt } from '@ciphernet/foundation';
import { REFERENCE, type Report, unitOf } from '@ciphernet/report';
import type { TopLevelSpec } from 'vega-lite';
import type * as Draw from './draw.js';

/** Text and axes take the page's own colour, so one SVG serves light and dark. */
export const INK = 'currentColor';

function config(ink: string): NonNullable<TopLevelSpec['config']> {
  return {
    background: 'transparent',
    font: 'system-ui, sans-serif',
    view: { stroke: null },
    axis: { labelColor: ink, titleColor: ink, domainColor: ink, tickColor: ink, gridColor: ink, gridOpacity: 0.15 },
    text: { fill: ink },
    legend: { labelColor: ink, titleColor: ink },
  };
}
/** One of three colours of different hue and lightness, legible on white and on black. */
export const BLUE = '#3a86c8';
/** See {@link BLUE}. */
export const ORANGE = '#e08a1e';
/** See {@link BLUE}. */
export const GREEN = '#2a9d6f';

/** Loaded with the first chart, and once for charts that are drawn side by side. */
let drawing: Promise<typeof Draw> | undefined;

function loadDrawing(): Promise<typeof Draw> {
  return (drawing ??= import('./draw.js'));
}

/** Loads what charts are drawn with, which takes some tenths of a second: for who waits for what the charts are to show. */
export function prepareCharts(): void {
  // Why it cannot be loaded is said by the first chart.
  loadDrawing().catch(() => undefined);
}

/** Renders to SVG without a browser. @param ink colour of text and axes: the page's own, or a fixed one for a file */
export async function renderChart(spec: TopLevelSpec, ink = INK): Promise<string> {
  const svg = await (await loadDrawing()).drawSvg({ config: config(ink), ...spec });
  // The view box scales: fixed width and height would overflow a phone.
  return svg.replace(/ width="[\d.]+" height="[\d.]+"/, '');
}

/** Base, quantised, encrypted, and the reference's figures where there are any. */
export function accuracyChart(report: Report): Promise<string> {
  const { base, quantised, encrypted } = report.accuracy;
  const reference = REFERENCE.get(report.dataset.name);
  const rows = [
    { name: 'base (plain)', value: base, color: BLUE },
    { name: 'quantised (plain)', value: quantised, color: GREEN },
    { name: 'encrypted', value: encrypted, color: ORANGE },
    { name: 'reference base', value: reference?.base, color: '#999999' },
    { name: 'reference encrypted', value: reference?.encrypted, color: '#999999' },
  ].flatMap(({ value, ...row }) =>
    value === undefined ? [] : [{ ...row, value, label: `${(100 * value).toFixed(2)} %` }],
  );
  const lowest = Math.min(...rows.map((row) => row.value));
  // Differences of tenths of a point must be seen: the axis starts a little below the lowest.
  const from = Math.max(0, Math.floor((lowest - 0.02) * 50) / 50);
  return renderChart({
    width: 420,
    height: { step: 30 },
    data: { values: rows.map((row) => ({ ...row, from })) },
    encoding: { y: { field: 'name', type: 'nominal', sort: null, title: null } },
    layer: [
      {
        mark: { type: 'bar', cornerRadiusEnd: 3 },
        encoding: {
          x: {
            field: 'from',
            type: 'quantitative',
            scale: { domain: [from, 1], zero: false },
            axis: { format: '.1%', tickCount: 5 },
            title: `accuracy (axis from ${Math.round(from * 100)} %)`,
          },
          x2: { field: 'value' },
          color: { field: 'color', type: 'nominal', scale: null },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: -52, fill: '#ffffff', fontWeight: 'bold' },
        encoding: { x: { field: 'value', type: 'quantitative' }, text: { field: 'label' } },
      },
    ],
  });
}

/** Counts by true and predicted class; colour by the share of the true class. */
export function confusionChart(report: Report): Promise<string> {
  const nameOf = (label: number): string => report.perClass?.[label]?.name ?? String(label);
  const values = report.confusion.flatMap((row, actual) => {
    const total = row.reduce((sum, count) => sum + count, 0) || 1;
    return row.map((count, predicted) => ({
      actual: nameOf(actual),
      predicted: nameOf(predicted),
      count,
      share: count / total,
      label: count === 0 ? '' : String(count),
      wrong: actual !== predicted,
    }));
  });
  const axis = { labelAngle: 0 } as const;
  return renderChart({
    width: 420,
    height: 420,
    data: { values },
    encoding: {
      x: { field: 'predicted', type: 'ordinal', sort: null, axis, title: 'predicted class' },
      y: { field: 'actual', type: 'ordinal', sort: null, axis, title: 'true class' },
    },
    layer: [
      {
        mark: { type: 'rect', stroke: INK, strokeOpacity: 0.1 },
        encoding: {
          color: {
            condition: { test: 'datum.wrong', value: ORANGE },
            value: BLUE,
          },
          // A square root lifts rare confusions above nothing.
          opacity: { field: 'share', type: 'quantitative', scale: { type: 'sqrt', range: [0, 0.9] }, legend: null },
        },
      },
      { mark: { type: 'text', fontSize: 10 }, encoding: { text: { field: 'label' } } },
    ],
  });
}

/** How often decisions of each confidence are right; on the diagonal they are as often right as they say. */
export function reliabilityChart({
  edges,
  confidence,
  frequency,
  counts,
}: NonNullable<Report['reliability']>): Promise<string> {
  const values = counts.flatMap((count, bin) => {
    const [x, y] = [confidence[bin] ?? null, frequency[bin] ?? null];
    return count === 0 || x === null || y === null ? [] : [{ from: edges[bin] ?? 0, x, y, count }];
  });
  const scale = { domain: [0, 1] };
  return renderChart({
    width: 360,
    height: 300,
    layer: [
      {
        data: {
          values: [
            { x: 0, y: 0 },
            { x: 1, y: 1 },
          ],
        },
        mark: { type: 'line', color: INK, strokeDash: [4, 4], opacity: 0.5 },
        encoding: { x: { field: 'x', type: 'quantitative', scale }, y: { field: 'y', type: 'quantitative', scale } },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, color: BLUE },
        encoding: {
          x: { field: 'x', type: 'quantitative', scale, title: 'confidence' },
          y: { field: 'y', type: 'quantitative', scale, title: 'share that is so' },
          size: { field: 'count', type: 'quantitative', scale: { range: [20, 300] }, legend: null },
        },
      },
    ],
  });
}

interface Bar {
  readonly name: string;
  readonly value: number;
  readonly label: string;
}

function barChart(rows: readonly Bar[], title: string): Promise<string> {
  return renderChart({
    width: 360,
    height: { step: 28 },
    padding: { left: 5, right: 70, top: 5, bottom: 5 },
    data: { values: [...rows] },
    encoding: {
      y: { field: 'name', type: 'nominal', sort: null, title: null },
      x: { field: 'value', type: 'quantitative', title },
    },
    layer: [
      { mark: { type: 'bar', cornerRadiusEnd: 3, color: BLUE } },
      { mark: { type: 'text', align: 'left', dx: 5 }, encoding: { text: { field: 'label' } } },
    ],
  });
}

/** Wall-clock seconds of each stage. */
export function secondsChart(report: Report): Promise<string> {
  const { seconds } = report;
  const rows: [string, number | undefined][] = [
    ['train', seconds.train],
    ['encrypt', seconds.encrypt],
    ['infer', seconds.infer],
    ['decrypt', seconds.decrypt],
    ['compare', seconds.compare],
  ];
  const bars = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value, label: `${value.toFixed(value < 10 ? 2 : 1)} s` }],
  );
  return barChart(bars, 'seconds');
}

/** How close decisions are: examples by the gap between their two highest logits. */
export function marginsChart(margins: NonNullable<Report['margins']>, unit: string): Promise<string> {
  const bars = margins.counts.map((count, bin) => {
    const from = elementAt(margins.edges, bin);
    const to = margins.edges[bin + 1];
    const name = to === undefined ? `${from} or more` : `${from.toPrecision(2)} to ${to.toPrecision(2)}`;
    return { name, value: count, label: count === 0 ? '' : count.toLocaleString('en') };
  });
  return barChart(bars, `${unit}, by the gap of their two highest logits`);
}

/** Bytes an image in each direction, and of evaluation keys. */
export function bytesChart(report: Report): Promise<string> {
  const { bytes } = report;
  const one = unitOf(report) === 'images' ? 'an image' : 'an example';
  const kilo = (value: number): string => `${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} kB`;
  return barChart(
    [
      { name: `upload ${one}`, value: bytes.uploadPerImage / 1000, label: kilo(bytes.uploadPerImage) },
      { name: `download ${one}`, value: bytes.downloadPerImage / 1000, label: kilo(bytes.downloadPerImage) },
      { name: 'evaluation keys', value: bytes.evaluationKeys / 1000, label: kilo(bytes.evaluationKeys) },
    ],
    'kB',
  );
}
