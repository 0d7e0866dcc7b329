import * as vega from 'vega';
import { type TopLevelSpec, compile } from 'vega-lite';

/** An SVG of the size that the chart says. Import this file only to draw: loading what it imports is a third of a command's start. */
export async function drawSvg(spec: TopLevelSpec): Promise<string> {
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
