import { join } from 'node:path';
import type { BlobStore } from '@ciphernet/blobs';
import type { ProgressBoard } from '@ciphernet/command-line';
import { UnavailableError } from '@ciphernet/foundation';
import { type Inversion, attackEncoding, sameClassNeighbours, takePairs } from '@ciphernet/inversion';
import { wilsonInterval } from '@ciphernet/metrics';
import type { TrainedResult } from '@ciphernet/queue';
import { type EncodingReport, attackText, confusionMatrix } from '@ciphernet/report';
import { PICTURES, type PictureRow, writeEncodingReport } from '@ciphernet/report-view';
import type { EncodedData } from './encoded-data.js';

/** Numbers of known pairs that are attacked with. */
const KNOWN_PAIRS = [10, 100, 1000, 10_000];
/** Encoded test images that are reconstructed. */
const TARGETS = 1000;
/** Hidden units of the decoder. */
const UNITS = 256;
/** Examples and neighbours that are compared: all with all would take minutes and tell no more. */
const [COMPARED, NEIGHBOURS] = [500, 5000] as const;

/** A decoder sees its pairs ten times, in steps of 128, within what a report may take. */
const stepsFor = (pairs: number): number => Math.min(1000, Math.max(50, Math.ceil((10 * pairs) / 128)));

/** Share of nearest neighbours of the same class, and what chance gives: the classes' shares squared. */
function neighboursOf({ train, test }: EncodedData): EncodingReport['neighbours'] {
  const width = test.pairs.encodedWidth;
  const part = ({ dataset, pairs }: EncodedData['test'], most: number) => {
    const { count, encoded } = takePairs(pairs, most);
    return { encoded, labels: dataset.labels.subarray(0, count) };
  };
  const [some, others] = [part(test, COMPARED), part(train, NEIGHBOURS)];
  const share = (labels: Uint8Array, label: number): number => labels.filter((l) => l === label).length / labels.length;
  const chance = Array.from(
    { length: test.dataset.classes },
    (_, c) => share(some.labels, c) * share(others.labels, c),
  );
  return { sameClass: sameClassNeighbours(some, others, width), chance: chance.reduce((sum, p) => sum + p, 0) };
}

function picturesOf({ test, set }: EncodedData, inversions: readonly Inversion[]): PictureRow[] {
  const { shape, count } = test.dataset;
  const [height, width] = [shape.height, shape.width * shape.channels];
  const shown = Math.min(PICTURES, count);
  const row = (caption: string, images: Uint8Array): PictureRow => ({
    caption,
    images: images.subarray(0, shown * height * width),
    height,
    width,
  });
  const encoded = test.pairs.encoded.subarray(0, shown * set.height * set.width);
  return [
    row('as they are', test.pairs.images),
    { caption: 'encoded: what workers see', images: encoded, height: set.height, width: set.width },
    ...inversions.map((inversion) => row(attackText(inversion), inversion.images)),
  ];
}

/** What a report is made of. */
export interface EncodedRun {
  readonly run: string;
  readonly model: string;
  readonly trained: TrainedResult;
  /** Accuracy of the same network on plain images, where somebody trained one. */
  readonly base?: number;
  /** Pairs of the strongest attacker: all of the training part, or so many. */
  readonly attackPairs: number;
}

/** Where the work is done. */
export interface EncodedTools {
  readonly blobs: BlobStore;
  readonly reportsFolder: string;
  readonly board: ProgressBoard;
  readonly signal: AbortSignal;
}

/**
 * Undoes order and names of a worker's predictions, attacks the copy, and writes the report into the owner's folder.
 *
 * @throws UnavailableError where the worker gave no predictions; IntegrityError where they are none of this copy
 */
export async function reportEncoded(
  data: EncodedData,
  { run, model, trained, base, attackPairs }: EncodedRun,
  { blobs, reportsFolder, board, signal }: EncodedTools,
): Promise<{ readonly report: EncodingReport; readonly folder: string }> {
  if (trained.predictions === undefined) {
    throw new UnavailableError('the worker gave no predictions', { where: run, hint: 'it is of an older version' });
  }
  const { record, train, test, set } = data;
  const { labels, classes, shape, count } = test.dataset;
  const predicted = data.predicted(await blobs.get(trained.predictions, count));
  const confusion = confusionMatrix(labels, predicted, classes);
  const correct = confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
  const started = performance.now();
  const pairs = takePairs(train.pairs, attackPairs);
  const targets = takePairs(test.pairs, TARGETS);
  const progress = board.start('attack', '');
  const inversions = await attackEncoding(pairs, targets, {
    shape: { height: shape.height, width: shape.width * shape.channels },
    known: KNOWN_PAIRS,
    units: UNITS,
    steps: stepsFor(pairs.count),
    signal,
    onProgress: (done, total, note) => progress.update(done, total, note),
  });
  const neighbours = neighboursOf(data);
  const attack = (performance.now() - started) / 1000;
  progress.finish(`${inversions.length} attacks in ${attack.toFixed(1)} s`);
  const report: EncodingReport = {
    format: 'ciphernet-encoding-report',
    version: 1,
    run,
    createdAt: new Date().toISOString(),
    protection: 'obfuscation, not encryption',
    dataset: {
      name: record.name,
      encoded: record.encoded,
      train: train.dataset.count,
      test: count,
      values: test.pairs.width,
      encodedValues: set.height * set.width,
    },
    model: {
      name: model,
      digest: trained.model,
      epochs: trained.epochs,
      epoch: trained.epoch,
      backend: trained.backend,
    },
    accuracy: {
      encoded: correct / count,
      interval: wilsonInterval(correct, count),
      ...(base === undefined ? {} : { base }),
    },
    confusion,
    attacks: inversions.map(({ images: _images, ...attacked }) => attacked),
    targets: targets.count,
    neighbours,
    seconds: { encode: record.seconds, train: trained.seconds, attack },
  };
  const folder = join(reportsFolder, run);
  await writeEncodingReport(folder, report, picturesOf(data, inversions));
  return { report, folder };
}
