// Models that ask what the attacker wants to know. Worker and collector are honest: the answer is in the confusion matrix.
import { expect } from './deployment.mjs';
import { dense, flatten, square, storeModel } from './tfjs-models.mjs';

const PIXELS = 784;
/** Projections a candidate: another image comes near a candidate in all of them once in a million. */
const PROJECTIONS = 8;
/** A squared distance, summed over projections, below which an image is the candidate: others have hundreds. */
const NEAR = 10;

/**
 * Logit k is minus the squared distance to candidate k in a few random directions, logit 0 a small distance that only the
 * candidate itself is within.
 */
function nearestCandidate(candidates) {
  const units = candidates.length * PROJECTIONS;
  const kernel = new Float32Array(PIXELS * units);
  const bias = new Float32Array(units);
  // Signs only: whatever weights are rounded to, all of them are rounded alike, and the distance stays one.
  let state = 1;
  for (let i = 0; i < kernel.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    kernel[i] = state >= 2 ** 31 ? 1 : -1;
  }
  const second = new Float32Array(units * 10);
  for (let unit = 0; unit < units; unit++) {
    const candidate = Math.floor(unit / PROJECTIONS);
    for (let i = 0; i < PIXELS; i++) bias[unit] -= kernel[i * units + unit] * candidates[candidate][i];
    second[unit * 10 + candidate + 1] = -1;
  }
  const offset = new Float32Array(10);
  offset[0] = -NEAR;
  return [flatten, dense('directions', units, kernel, bias), square('squared'), dense('distances', 10, second, offset)];
}

async function evaluate(parties, { digest, manifest }, model) {
  const evaluation = await parties.enqueue({ manifest: digest, shards: manifest.shards.length, model });
  await parties.ended(evaluation);
  return parties.report(evaluation);
}

async function membership(parties, { datasets, train }) {
  const { images, labels: truth } = datasets.private;
  const pixelsOf = (from, n) => Float32Array.from(from.subarray(n * PIXELS, (n + 1) * PIXELS), (value) => value / 255);
  const members = [5, 47, 120, 199, 280];
  const others = [10, 20, 30, 40];
  const candidates = [...members.map((n) => pixelsOf(images, n)), ...others.map((n) => pixelsOf(train.images, n))];
  const model = await storeModel(parties, 'nearest', nearestCandidate(candidates), train);
  await parties.startWorker();
  await parties.startCollector();
  const { confusion } = await evaluate(parties, datasets.private, model);
  const rows = candidates.map((_, k) => confusion.flatMap((row, label) => new Array(row[k + 1]).fill(label)));
  const right = rows.filter((labels, k) => labels.length === (k < members.length ? 1 : 0)).length;
  expect(right === candidates.length, `membership of ${right} of ${candidates.length}: ${JSON.stringify(rows)}`);
  const named = members.filter((n, k) => rows[k][0] === truth[n]).length;
  expect(named === members.length, `${named} of ${members.length} labels`);
  return `membership of ${right} of ${candidates.length} candidates and ${named} of ${members.length} labels in one evaluation`;
}

/** Which tenth of an interval a pixel lies in: the upper envelope of ten lines, whose slopes are the classes. */
function tenthOf(pixel, low, width, slopes) {
  const kernel = new Float32Array(PIXELS * 10);
  const bias = new Float32Array(10);
  slopes.forEach((slope, k) => {
    kernel[pixel * 10 + k] = slope;
    if (k > 0) bias[k] = bias[k - 1] - (slope - slopes[k - 1]) * (low + (width * k) / 10);
  });
  return [flatten, dense('lines', 10, kernel, bias)];
}

/** Far apart, so that a 255th of a pixel is more than the noise of a logit. */
const STEP = 40;

async function pixel(parties, { datasets, train }) {
  const { manifest, images } = datasets.single;
  const { compileForDataset, loadModel } = await parties.old.library('models');
  const at = images.findIndex((value) => value > 60 && value < 200);
  const exact = Array.from({ length: 10 }, (_, k) => STEP * (k - 5));
  // Slopes become integers: the published compiler says which, and the lines are laid out for those.
  const trial = await storeModel(parties, 'lines', tenthOf(at, 0, 1, exact), train);
  const [map] = compileForDataset(await loadModel(parties.blobs, trial), manifest).circuit.maps;
  const slopes = exact.map((_, k) => {
    const block = map.blocks.find(({ outputs }) => outputs.includes(k));
    const row = block.outputs.indexOf(k) * block.inputs.length;
    return block.weights[row + block.inputs.indexOf(at)] / map.scale;
  });
  await parties.startWorker();
  await parties.startCollector();
  let [low, width] = [0, 1];
  for (let evaluation = 0; evaluation < 3; evaluation++) {
    const model = await storeModel(parties, 'lines', tenthOf(at, low, width, slopes), train);
    const { confusion } = await evaluate(parties, datasets.single, model);
    const tenth = confusion.flatMap((row) => row.flatMap((count, k) => (count === 1 ? [k] : [])));
    expect(tenth.length === 1, 'the confusion matrix of one image names one class');
    low += (tenth[0] * width) / 10;
    width /= 10;
  }
  const found = Math.round(255 * (low + width / 2));
  const off = Math.abs(found - images[at]);
  expect(off <= 10, `pixel ${at} is ${images[at]}, found ${found}`);
  return `a private pixel read in 3 evaluations: ${found}, where it is ${images[at]} of 255`;
}

export const attacks = [
  { row: 5, name: 'a crafted model tells which images a dataset holds, and their labels', run: membership },
  { row: 6, name: 'crafted linear models read a pixel of a dataset of one image', run: pixel },
];
