import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plainPng, pngChunk, pngFile, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { decodeImage, decoderIdentity, planDecoding } from '../src/datasets/images/decode.js';
import { DECODE_LIMITS, type Pixels } from '../src/datasets/images/pixels.js';

const FIXTURES = new URL('fixtures/images/', import.meta.url).pathname;

interface Expected {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly depth: number;
  readonly values: readonly number[];
}

async function pillow(): Promise<Record<string, Expected>> {
  return JSON.parse(await readFile(join(FIXTURES, 'expected.json'), 'utf8')) as Record<string, Expected>;
}

const decodeBytes = (bytes: Uint8Array): Promise<Pixels> => planDecoding(bytes, 'test.png', DECODE_LIMITS).decode();
const shapeOf = ({ height, width, channels, depth }: Omit<Expected, 'values'>) => [height, width, channels, depth];

describe('decoding', () => {
  it('gives what Pillow reads: PNG exactly, JPEG within a unit or two of the transform’s rounding', async () => {
    const expected = await pillow();
    expect(Object.keys(expected)).toHaveLength(12);
    for (const [name, image] of Object.entries(expected)) {
      const pixels = await decodeImage(join(FIXTURES, name));
      expect([name, ...shapeOf(pixels)]).toEqual([name, ...shapeOf(image)]);
      const largest = Math.max(...image.values.map((value, i) => Math.abs(value - pixels.values[i]!)));
      expect(largest).toBeLessThanOrEqual(name.endsWith('.png') ? 0 : 2);
    }
  });

  it('does not turn an image by its EXIF orientation', async () => {
    const turned = await decodeImage(join(FIXTURES, 'turned.jpg'));
    expect([turned.height, turned.width]).toEqual([6, 11]);
    expect(turned.values).toEqual((await decodeImage(join(FIXTURES, 'rgb-444.jpg'))).values);
  });

  it('applies no colour profile', async () => {
    const raw = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 5) % 251);
    const image = () => sharp(raw, { raw: { width: 16, height: 16, channels: 3 } }).withIccProfile('p3');
    const bytes = new Uint8Array(await image().jpeg({ quality: 95 }).toBuffer());
    const profile = bytes.findIndex((_, i) => bytes[i] === 0xff && bytes[i + 1] === 0xe2);
    expect(profile).toBeGreaterThan(0);
    const end = profile + 2 + ((bytes[profile + 2]! << 8) | bytes[profile + 3]!);
    const without = Buffer.concat([bytes.subarray(0, profile), bytes.subarray(end)]);
    expect((await decodeBytes(bytes)).values).toEqual((await decodeBytes(without)).values);
  });

  it('names what decided about the pixels', async () => {
    expect(await decoderIdentity()).toMatch(/^png lossless; jpeg sharp \d+\.\d+\.\d+, libvips 8\.\S+, mozjpeg \S+$/);
  });

  it('reads every kind of PNG that libpng writes, interlaced ones too', async () => {
    const cases = fc.record({
      height: fc.integer({ min: 1, max: 21 }),
      width: fc.integer({ min: 1, max: 21 }),
      channels: fc.constantFrom(1 as const, 3 as const),
      alpha: fc.boolean(),
      depth: fc.constantFrom(8 as const, 16 as const),
      interlaced: fc.boolean(),
      adaptive: fc.boolean(),
      seed: fc.integer({ min: 0, max: 1000 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ height, width, channels, alpha, depth, interlaced, adaptive, seed }) => {
        const stored = channels + (alpha ? 1 : 0);
        const max = depth === 16 ? 65535 : 255;
        // Smooth with a little noise, so that libpng finds use for each of its filters.
        const sample = (i: number) => (i * 37 + ((i * i * (seed + 1)) % 11)) % (max + 1);
        const length = height * width * stored;
        const raw = depth === 16 ? new Uint16Array(length) : new Uint8Array(length);
        for (let i = 0; i < length; i++) raw[i] = alpha && i % stored === channels ? max : sample(i);
        const space = { 1: { 8: 'b-w', 16: 'grey16' }, 3: { 8: 'srgb', 16: 'rgb16' } }[channels][depth];
        const bytes = await sharp(raw, { raw: { width, height, channels: stored as 1 | 2 | 3 | 4 } })
          .toColourspace(space)
          .png({ progressive: interlaced, adaptiveFiltering: adaptive })
          .toBuffer();
        const pixels = await decodeBytes(bytes);
        expect(shapeOf({ ...pixels })).toEqual([height, width, channels, depth]);
        const values = [...raw].filter((_, i) => !alpha || i % stored !== channels);
        expect([...pixels.values]).toEqual(values);
      }),
      { numRuns: 150 },
    );
  });

  it('reads a large image', async () => {
    const [height, width] = [700, 900];
    const values = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 31 + (i >> 9)) % 256);
    const bytes = await sharp(values, { raw: { width, height, channels: 3 } })
      .png({ adaptiveFiltering: true })
      .toBuffer();
    expect(Buffer.from(values).equals((await decodeBytes(bytes)).values as Uint8Array)).toBe(true);
  });

  it('undoes each filter as the standard’s own formulas say', async () => {
    // Three columns of one sample; the row above is 10, 20, 30.
    const filtered = (filter: number, row: number[]) =>
      pngFile({ width: 3, height: 2, scanlines: Uint8Array.from([0, 10, 20, 30, filter, ...row]) });
    const second = async (filter: number) => [...(await decodeBytes(filtered(filter, [1, 2, 250]))).values.subarray(3)];
    expect(await second(0)).toEqual([1, 2, 250]);
    expect(await second(1)).toEqual([1, 3, 253]);
    expect(await second(2)).toEqual([11, 22, 24]);
    // 1 + ⌊10/2⌋ = 6; 2 + ⌊(6 + 20)/2⌋ = 15; 250 + ⌊(15 + 30)/2⌋ = 272 = 16 modulo 256.
    expect(await second(3)).toEqual([6, 15, 16]);
    // 1 + 10 = 11; left 11, above 20, corner 10: 21 is nearest to 20; 2 + 20 = 22; 22, 30, 20: 32 is nearest to 30; 280 = 24.
    expect(await second(4)).toEqual([11, 22, 24]);
  });

  it.each([
    [1, 0b10110000, [255, 0, 255]],
    [2, 0b00011100, [0, 85, 255]],
  ])('spreads grey of %i bits over 0 to 255', async (depth, byte, values) => {
    const pixels = await decodeBytes(pngFile({ width: 3, height: 1, depth, scanlines: Uint8Array.of(0, byte) }));
    expect([...pixels.values]).toEqual(values);
  });

  it('makes RGB of a palette, and takes transparent colours that no pixel has', async () => {
    const chunks = [
      pngChunk('PLTE', Uint8Array.of(9, 8, 7, 1, 2, 3, 5, 5, 5)),
      pngChunk('tRNS', Uint8Array.of(255, 255, 0)),
    ];
    const image = (index: number) =>
      pngFile({ width: 2, height: 1, colourType: 3, scanlines: Uint8Array.of(0, 1, index), chunks });
    expect([...(await decodeBytes(image(0))).values]).toEqual([1, 2, 3, 9, 8, 7]);
    await expect(decodeBytes(image(2))).rejects.toThrow(/transparent/);
    await expect(decodeBytes(image(3))).rejects.toThrow(/colour 3 of a palette of 3/);
  });

  it('refuses the colour that stands for transparency only where a pixel has it', async () => {
    const key = [pngChunk('tRNS', Uint8Array.of(0, 7))];
    const image = (value: number) => pngFile({ width: 1, height: 1, scanlines: Uint8Array.of(0, value), chunks: key });
    expect([...(await decodeBytes(image(6))).values]).toEqual([6]);
    await expect(decodeBytes(image(7))).rejects.toThrow(/transparent/);
  });
});

describe('a file', () => {
  const plain = plainPng(2, 3, 1, Uint8Array.of(0, 1, 128, 200, 254, 255));
  const declaring = (width: number, height: number): Uint8Array =>
    pngFile({ width, height, scanlines: new Uint8Array(100) });
  const two = pngFile({ width: 1, height: 1, scanlines: Uint8Array.of(0, 1, 0, 2) });
  const zeros = pngFile({ width: 1, height: 1, scanlines: new Uint8Array(2 ** 26) });
  // Large enough to be inflated by the thread pool, in several pieces.
  const large = (lines: number) => pngFile({ width: 1000, height: 900, scanlines: new Uint8Array(lines * 1001) });
  const damaged = Uint8Array.from(plain, (byte, i) => (i === 45 ? byte ^ 1 : byte));
  const frame = (marker: number, ...rest: number[]) =>
    Uint8Array.of(0xff, 0xd8, 0xff, marker, 0, 2 + rest.length, ...rest);

  const scans = (count: number) => new Uint8Array(4 * count).map((_, i) => [0xff, 0xda, 0, 2][i % 4]!);

  it.each<[string, Uint8Array, RegExp]>([
    ['of no bytes', new Uint8Array(), /is empty/],
    ['of text', new TextEncoder().encode('not an image'), /neither a PNG nor a JPEG/],
    ['cut in its signature', plain.subarray(0, 5), /neither a PNG nor a JPEG/],
    ['cut in its header', plain.subarray(0, 20), /ends/],
    ['cut in its data', plain.subarray(0, 48), /ends inside a chunk/],
    ['cut before its end chunk', plain.subarray(0, plain.length - 12), /ends before its IEND/],
    ['that is damaged', damaged, /checksum of chunk IDAT/],
    ['that declares 100,000 × 100,000', declaring(1e5, 1e5), /at most 8192 a side/],
    ['that declares what its bytes cannot hold', declaring(8192, 8192), /cannot hold 8192×8192/],
    ['that declares no width', declaring(0, 5), /5×0 pixels/],
    ['whose scanlines are too few', declaring(20, 20), /100 bytes of scanlines, 20×20 need 420/],
    ['whose scanlines go on', two, /more data than pixels/],
    ['that is large and ends early', large(899), /899899 bytes of scanlines, 1000×900 need 900900/],
    ['that is large and goes on', large(901), /more data than pixels/],
    ['that is large and cut in its data', large(900).map((byte, i) => (i === 60 ? byte ^ 255 : byte)), /checksum/],
    ['that inflates to 64 MiB', zeros, /more data than pixels/],
    ['with an unknown filter', pngFile({ width: 1, height: 1, scanlines: Uint8Array.of(5, 1) }), /no filter 5/],
    [
      'of 3 bits',
      pngFile({ width: 1, height: 1, depth: 3, scanlines: Uint8Array.of(0, 1) }),
      /colour type 0 of 3 bits/,
    ],
    [
      'without a palette',
      pngFile({ width: 1, height: 1, colourType: 3, scanlines: Uint8Array.of(0, 1) }),
      /no palette/,
    ],
    [
      'with an unknown critical chunk',
      pngFile({ width: 1, height: 1, scanlines: Uint8Array.of(0, 1), chunks: [pngChunk('ABCD', new Uint8Array())] }),
      /ABCD is unknown/,
    ],
    ['that is a JPEG of no frame', frame(0xda, 0, 0), /no frame header/],
    ['that is a JPEG cut in a segment', frame(0xe0, 1).subarray(0, 6), /ends inside a segment/],
    ['that is a JPEG of 65,535 × 65,535', frame(0xc0, 8, 255, 255, 255, 255, 3, 0), /65535×65535 pixels/],
    ['that is a JPEG of no height', frame(0xc0, 8, 0, 0, 0, 9, 3, 0), /0×9 pixels/],
    ['that is a JPEG of 12 bits', frame(0xc1, 12, 0, 9, 0, 9, 3, 0), /12 bits/],
    ['that is a JPEG of 101 scans', Buffer.concat([frame(0xc2, 8, 0, 9, 0, 9, 3, 0), scans(101)]), /101 scans/],
    ['that is a lossless JPEG', frame(0xc3, 8, 0, 9, 0, 9, 3, 0), /lossless/],
  ])('%s is refused by name', async (_name, bytes, message) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'image.png');
    await writeFile(path, bytes);
    const failure = decodeImage(path);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ name: 'InputError', where: path });
  });

  it.each([
    ['animated.png', /animation/],
    ['animated.gif', /neither a PNG nor a JPEG/],
    ['pages.tiff', /neither a PNG nor a JPEG/],
    ['cmyk.jpg', /CMYK/],
    ['transparent.png', /transparent/],
    ['transparent-grey.png', /transparent/],
  ])('%s is refused', async (name, message) => {
    await expect(decodeImage(join(FIXTURES, name))).rejects.toThrow(message);
  });

  it('that is none, or a link, or above the limits is refused', async () => {
    await using folder = await temporaryFolder();
    const path = (name: string) => join(folder.path, name);
    await mkdir(path('folder'));
    await writeFile(path('a.png'), plain);
    await symlink('a.png', path('link'));
    await expect(decodeImage(path('folder'))).rejects.toThrow(/not a plain file/);
    await expect(decodeImage(path('link'))).rejects.toThrow(/symbolic link/);
    await expect(decodeImage(path('missing'))).rejects.toThrow(/cannot be read.*missing/);
    await expect(decodeImage('/dev/zero')).rejects.toThrow(/not a plain file/);
    await expect(decodeImage(path('a.png'), { maxSide: 2, maxBytes: 1000 })).rejects.toThrow(/2×3 pixels, at most 2/);
    await expect(decodeImage(path('a.png'), { maxSide: 9, maxBytes: 20 })).rejects.toThrow(/at most 20 are taken/);
    expect((await decodeImage(path('a.png'), { maxSide: 3, maxBytes: 1000 })).width).toBe(3);
  });

  it.each(['rgb.png', 'palette.png', 'grey16.png', 'rgb-420.jpg', 'progressive.jpg', 'grey.jpg'])(
    'made of %s by mutation gives pixels or an InputError, cut anywhere too',
    async (name) => {
      const good = new Uint8Array(await readFile(join(FIXTURES, name)));
      const outcomes = { decoded: 0, refused: 0 };
      const attempt = async (bytes: Uint8Array): Promise<void> => {
        try {
          const { height, width, channels, values } = await decodeBytes(bytes);
          expect(values).toHaveLength(height * width * channels);
          outcomes.decoded++;
        } catch (error) {
          expect((error as Error).name).toBe('InputError');
          outcomes.refused++;
        }
      };
      const mutation = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255), cut: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
          let bytes = Uint8Array.from(good);
          for (const { at, byte, cut } of mutations) {
            if (cut && at > bytes.length / 2) bytes = bytes.slice(0, at);
            else if (at < bytes.length) bytes[at] = byte;
          }
          await attempt(bytes);
        }),
        { numRuns: 250 },
      );
      expect(outcomes.refused).toBeGreaterThan(50);
    },
  );

  it('of PNG whose checksums are made to fit again after a mutation gives pixels or an InputError', async () => {
    const scanlines = fc.uint8Array({ minLength: 0, maxLength: 60 });
    const side = fc.integer({ min: 0, max: 6 });
    const field = fc.integer({ min: 0, max: 17 });
    const chunk = fc.tuple(fc.constantFrom('PLTE', 'tRNS', 'tEXt', 'acTL'), fc.uint8Array({ maxLength: 12 }));
    let decoded = 0;
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        field,
        field,
        scanlines,
        fc.array(chunk, { maxLength: 2 }),
        async (width, height, depth, colourType, lines, extra) => {
          const chunks = extra.map(([name, data]) => pngChunk(name, data));
          try {
            const pixels = await decodeBytes(pngFile({ width, height, depth, colourType, scanlines: lines, chunks }));
            expect(pixels.values).toHaveLength(height * width * pixels.channels);
            decoded++;
          } catch (error) {
            expect((error as Error).name).toBe('InputError');
          }
        },
      ),
      { numRuns: 2000, examples: [[1, 1, 8, 0, Uint8Array.of(0, 1), []]] },
    );
    expect(decoded).toBeGreaterThan(0);
  });
});
