// The accuracy to expect under encryption, without keys and ciphertexts: the compiled circuit with the planner's noise.
// The network is a nearest-mean classifier, a single dense layer that needs no training.
//   node examples/dist/simulate-accuracy.js
import { calibrate, compile, dequantise, lower, roundingBasis, simulateCircuit } from '@ciphernet/compiler';
import { type Dataset, NO_TRANSFORM, loadDataset, takeExamples, toFeatures } from '@ciphernet/datasets';
import { type Network, evaluateNetwork, fractionEqual, predictionsOf, sizeOf } from '@ciphernet/network';
import { gaussian } from '@ciphernet/training';
import { runAsProgram } from './run-as-program.js';

const featuresOf = ({ shape, images }: Dataset): Float32Array => toFeatures(NO_TRANSFORM, shape, images);

/** Logit k is m·x − |m|²/2 for the mean m of class k: largest for the nearest mean. */
function nearestMean(train: Dataset): Network {
  const { shape, classes, labels, count } = train;
  const inputs = sizeOf(shape);
  const features = featuresOf(train);
  const counts = new Float32Array(classes);
  const weights = new Float32Array(inputs * classes);
  const bias = new Float32Array(classes);
  for (const label of labels) counts[label]! += 1;
  for (let n = 0; n < count; n++) {
    const k = labels[n]!;
    for (let i = 0; i < inputs; i++) weights[i * classes + k]! += features[n * inputs + i]! / counts[k]!;
  }
  weights.forEach((mean, at) => (bias[at % classes]! -= mean ** 2 / 2));
  return {
    name: 'nearest mean',
    input: shape,
    layers: [
      { kind: 'flatten', name: 'flatten' },
      { kind: 'dense', name: 'means', units: classes, weights, bias },
    ],
  };
}

export interface ExpectedAccuracy {
  readonly base: number;
  readonly simulated: number;
}

export async function main(cacheFolder = '.data/cache'): Promise<ExpectedAccuracy> {
  const train = takeExamples(await loadDataset('mnist', 'train', { cacheFolder }), 5000);
  const test = takeExamples(await loadDataset('mnist', 'test', { cacheFolder }), 1000);
  const network = nearestMean(train);
  const circuit = lower(network);
  const examples = featuresOf(takeExamples(train, 200));
  const calibration = calibrate(circuit, examples);
  const compiled = compile(
    { circuit, calibration, basis: roundingBasis(circuit, examples), transform: NO_TRANSFORM },
    { mode: 'public' },
  );
  const features = featuresOf(test);
  const logits = simulateCircuit(dequantise(compiled.circuit), compiled.plan, features, gaussian(1, 'noise'));
  const accuracy = (values: ArrayLike<number>): number =>
    fractionEqual(predictionsOf(values, test.classes), test.labels);
  return { base: accuracy(evaluateNetwork(network, features)), simulated: accuracy(logits) };
}

await runAsProgram(import.meta.url, async () => console.log(await main()));
