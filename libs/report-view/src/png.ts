import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Resvg, initWasm } from '@resvg/resvg-wasm';

const resolve = createRequire(import.meta.url).resolve;

let started: Promise<Uint8Array> | undefined;

/** The renderer starts once a process; its font comes with the project, since a slim machine has none. */
async function start(): Promise<Uint8Array> {
  const [wasm, font] = await Promise.all([
    readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')),
    readFile(resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')),
  ]);
  await initWasm(wasm);
  return new Uint8Array(font);
}

/** An SVG as PNG on white. @param width pixels */
export async function pngOf(svg: string, width: number): Promise<Uint8Array> {
  started ??= start();
  const font = await started;
  const family = 'DejaVu Sans';
  const renderer = new Resvg(svg, {
    background: '#ffffff',
    fitTo: { mode: 'width', value: width },
    font: { fontBuffers: [font], defaultFontFamily: family, sansSerifFamily: family },
  });
  try {
    const image = renderer.render();
    try {
      return image.asPng();
    } finally {
      image.free();
    }
  } finally {
    renderer.free();
  }
}
