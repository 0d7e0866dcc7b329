import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflate, inflateSync } from 'node:zlib';
import { InputError, messageOf } from '@ciphernet/foundation';
import type { DecodePlan, Pixels } from './pixels.js';
import { type PngChunks, parsePngChunks } from './png-chunks.js';
import { writePass } from './png-samples.js';
import { passesOf, unfilter } from './png-scanlines.js';

/** Deflate's best: 258 bytes for a length and a distance of one bit each (RFC 1951, 3.2.5). */
const MAX_RATIO = 1032;
/** Below this a thread costs more than inflating. */
const SYNCHRONOUS_BYTES = 128 * 1024;

/** Data that go on after the last scanline. */
class TooLong extends Error {}

/** Inflates in a thread, into memory that is taken once. */
async function inflateInto(raw: Uint8Array, data: readonly Uint8Array[]): Promise<number> {
  let filled = 0;
  await pipeline(
    Readable.from(data),
    createInflate({ chunkSize: 256 * 1024 }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        if (filled + chunk.length > raw.length) throw new TooLong();
        raw.set(chunk, filled);
        filled += chunk.length;
      }
    },
  );
  return filled;
}

/** @returns `bytes` of scanlines, fewer where the data end before */
async function inflated(data: readonly Uint8Array[], bytes: number): Promise<Uint8Array> {
  if (bytes > SYNCHRONOUS_BYTES) {
    const raw = new Uint8Array(bytes);
    return raw.subarray(0, await inflateInto(raw, data));
  }
  const compressed = data.length === 1 ? data[0]! : Buffer.concat(data);
  // One byte more, so that data that go on are told from data that end.
  const raw = inflateSync(compressed, { maxOutputLength: bytes + 1, chunkSize: Math.max(bytes + 1, 64) });
  if (raw.length > bytes) throw new TooLong();
  return raw;
}

async function decode(chunks: PngChunks, fail: (what: string, cause?: unknown) => never): Promise<Pixels> {
  const { header } = chunks;
  const { passes, bytes } = passesOf(header);
  const raw = await inflated(chunks.data, bytes).catch((cause: unknown) => {
    const goesOn = cause instanceof TooLong || (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    if (goesOn) return fail('holds more data than pixels');
    return fail(`its data cannot be inflated: ${messageOf(cause)}`, cause);
  });
  if (raw.length !== bytes)
    return fail(`${raw.length} bytes of scanlines, ${header.width}×${header.height} need ${bytes}`);
  const channels = header.colourType === 0 || header.colourType === 4 ? 1 : 3;
  const depth = header.depth === 16 ? 16 : 8;
  const length = header.height * header.width * channels;
  const values = depth === 16 ? new Uint16Array(length) : new Uint8Array(length);
  const step = Math.max(1, (header.samples * header.depth) / 8);
  for (const pass of passes) {
    const unknown = unfilter(raw, pass, step);
    if (unknown !== undefined) return fail(`there is no filter ${unknown}`);
    const problem = writePass(raw, pass, { chunks, values, channels });
    if (problem !== undefined) return fail(problem);
  }
  return { height: header.height, width: header.width, channels, depth, values };
}

/**
 * A decoder of PNG (ISO/IEC 15948), all colour types, depths and interlaced images. PNG is lossless, so what it gives depends on
 * no library; it takes no native code but zlib, and a small image takes 50 µs where a general image library takes ten times as long.
 *
 * Alpha: dropped where all pixels are opaque. Others are refused, because training programs differ in what they put behind them.
 * Gamma, colour profiles and text are ignored.
 *
 * @throws InputError at once for what chunks and sizes show, and from `decode` for what the data show
 */
export function planPng(bytes: Uint8Array, where: string, maxSide: number): DecodePlan {
  const chunks = parsePngChunks(bytes, where);
  const { header } = chunks;
  const fail = (what: string, cause?: unknown): never => {
    const hint = what.includes('transparent')
      ? 'put the images onto the background that the model was trained with'
      : 'fetch or write the file again; it is damaged';
    throw new InputError(`PNG: ${what}`, { where, hint, cause });
  };
  const size = `${header.height}×${header.width} pixels`;
  if (header.width < 1 || header.height < 1) return fail(size);
  if (header.width > maxSide || header.height > maxSide) {
    throw new InputError(`PNG: ${size}, at most ${maxSide} a side are taken`, { where, hint: 'reduce the image' });
  }
  if (header.colourType === 3 && chunks.palette === undefined) return fail('has no palette');
  const compressed = chunks.data.reduce((sum, part) => sum + part.length, 0);
  const scanlines = passesOf(header).bytes;
  if (scanlines > MAX_RATIO * (compressed + 1)) return fail(`${compressed} bytes cannot hold ${size}`);
  const memory = scanlines + compressed + header.height * header.width * 3 * (header.depth === 16 ? 2 : 1);
  return { memory, decode: () => decode(chunks, fail) };
}
