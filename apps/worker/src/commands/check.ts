import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { type EncryptionMode, type RingName, slotsOf } from '@ciphernet/ckks';
import {
  Command,
  type OwnDataOptions,
  addOwnDataOptions,
  keyOf,
  modeOption,
  ringOption,
} from '@ciphernet/command-line';
import { type CompiledCircuit, costOf, dequantise, explainPlan, simulateCircuit, squaresOf } from '@ciphernet/compiler';
import { type Examples, type Task, loadOwnExamples, readingForModel, taskText } from '@ciphernet/datasets';
import { printable } from '@ciphernet/foundation';
import { type Evaluation, decisionsOf, evaluateMetrics } from '@ciphernet/metrics';
import { type Model, compileModel, importOwnModel, loadModel } from '@ciphernet/models';
import { metricRows, percent, sizeText } from '@ciphernet/report';
import { gaussian } from '@ciphernet/training';

interface CheckOptions extends OwnDataOptions {
  readonly calibrate?: string;
  readonly mode: EncryptionMode;
  readonly ring?: RingName;
  readonly explain: boolean;
  readonly json: boolean;
}

/** The owner adds twins and zeros, 2.5 % and a few: how many exactly is of no matter here. */
const SLOTS_PER_EXAMPLE = 1.025;

/** Examples that figures are predicted from. */
const MOST_EXAMPLES = 20_000;

interface Predicted {
  readonly agreement?: number;
  readonly plain?: Evaluation;
  readonly encrypted?: Evaluation;
}

/** What a dry run found. */
interface Summary {
  readonly fits: true;
  readonly runtime: string;
  readonly task: Task;
  readonly examples: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly squares: number;
  readonly mode: EncryptionMode;
  readonly ring: RingName;
  readonly ringDegree: number;
  readonly primes: number;
  readonly verifiable: boolean;
  /** Share of the examples on which the plain model and the simulated one decide the same. */
  readonly agreement?: number;
  readonly plainMetrics: Readonly<Record<string, number>>;
  readonly predictedMetrics: Readonly<Record<string, number>>;
  readonly shards: number;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  readonly multiplyAdds: number;
}

/** Figures of the plain model, and of the integer circuit with the noise that the plan predicts. */
async function predict(model: Model, examples: Examples, simulated: Float64Array): Promise<Predicted> {
  const { task, count, features, targets } = examples;
  const width = simulated.length / count;
  const base = Float64Array.from(await model.plain.evaluate(await features.read(0, count)));
  const { link } = model.answers;
  const of = (outputs: Float64Array): Evaluation | undefined =>
    targets === undefined
      ? undefined
      : evaluateMetrics(
          {
            task,
            link,
            outputs,
            width,
            targets: targets.values,
            ...(targets.names === undefined ? {} : { names: targets.names }),
          },
          { resamples: 100 },
        );
  const [plain, encrypted] = [of(base), of(simulated)];
  const figures = { ...(plain === undefined ? {} : { plain }), ...(encrypted === undefined ? {} : { encrypted }) };
  if (task.kind === 'regression') return figures;
  const ours = decisionsOf({ task, link, outputs: simulated, width });
  const theirs = decisionsOf({ task, link, outputs: base, width });
  const same = ours.reduce((sum, decision, i) => sum + (decision === theirs[i] ? 1 : 0), 0);
  return { ...figures, agreement: same / ours.length };
}

/** A model that was compiled for data, and what is known of both. */
interface Checked {
  readonly model: Model;
  readonly compiled: CompiledCircuit;
  readonly examples: Examples;
  readonly outputs: number;
  readonly guesses: readonly string[];
}

/** Imports the model into a store that is thrown away, and compiles it for the data. */
async function compileFor(blobs: BlobStore, modelPath: string, data: string, options: CheckOptions): Promise<Checked> {
  const { calibrate, mode, ring } = options;
  const isData = calibrate === undefined;
  const calibration = { path: isData ? data : resolve(calibrate), isData, choice: options, note: 'checked only' };
  const imported = await importOwnModel(blobs, resolve(modelPath), calibration);
  const { reading, guesses } = await readingForModel(data, options, imported.preprocessing, imported.knowledge);
  const examples = await loadOwnExamples(data, reading, { most: MOST_EXAMPLES });
  const model = await loadModel(blobs, imported.model);
  const compiled = compileModel(model, { mode, ring });
  return { model, compiled, examples, outputs: imported.knowledge.outputs, guesses: [...imported.guesses, ...guesses] };
}

async function summarise({ model, compiled, examples, outputs }: Checked): Promise<Summary> {
  const { plan, circuit } = compiled;
  const { parameters } = plan;
  const features = await examples.features.read(0, examples.count);
  const simulated = simulateCircuit(dequantise(circuit), plan, features, gaussian(1, 'check'));
  const predicted = await predict(model, examples, simulated);
  const cost = costOf(plan, circuit);
  const slots = slotsOf(parameters);
  const shards = Math.ceil((SLOTS_PER_EXAMPLE * examples.count) / slots);
  return {
    fits: true,
    runtime: model.plain.runtime,
    task: examples.task,
    examples: examples.count,
    inputs: examples.features.width,
    outputs,
    squares: squaresOf(circuit),
    mode: plan.mode,
    ring: parameters.ring,
    ringDegree: parameters.ringDegree,
    primes: parameters.primes.length,
    verifiable: plan.slotBound !== undefined,
    ...(predicted.agreement === undefined ? {} : { agreement: predicted.agreement }),
    plainMetrics: predicted.plain?.metrics ?? {},
    predictedMetrics: predicted.encrypted?.metrics ?? {},
    shards,
    // A shard costs the same however few examples are in it.
    uploadBytes: Math.round(cost.uploadBytesPerImage * shards * slots),
    downloadBytes: Math.round(cost.downloadBytesPerImage * shards * slots),
    multiplyAdds: Math.round(cost.multiplyAddsPerImage * shards * slots),
  };
}

function summaryLines(summary: Summary, guesses: readonly string[]): string[] {
  const { squares, agreement, examples, shards } = summary;
  const rows = metricRows({ metrics: summary.predictedMetrics, intervals: {}, plainMetrics: summary.plainMetrics });
  return [
    `fits: ${squares} square${squares === 1 ? '' : 's'}, ${summary.inputs} features, ${summary.outputs} outputs, ${taskText(summary.task)}`,
    ...guesses.map((guess) => `  ${guess}`),
    `  plan              ${summary.ring} ring of degree ${summary.ringDegree}, ${summary.primes} primes, for ${keyOf(summary.mode)}, ${summary.verifiable ? 'verifiable' : 'not verifiable position by position'}`,
    `  compared with     ${summary.runtime}`,
    ...(agreement === undefined
      ? []
      : [`  agreement         ${percent(agreement)} of ${examples} examples, predicted`]),
    ...rows.map(
      ({ name, encrypted, plain }) => `  ${name.padEnd(26)}${encrypted.padStart(10)} predicted, plain ${plain}`,
    ),
    `  upload            ${sizeText(summary.uploadBytes)} for ${examples} examples, in ${shards} shard${shards === 1 ? '' : 's'}`,
    `  download          ${sizeText(summary.downloadBytes)}`,
    '  revealed          to workers the model and the number of examples and features; to the owner the outputs; the data to nobody',
  ];
}

async function check(modelPath: string, dataPath: string, options: CheckOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ciphernet-check-'));
  try {
    const checked = await compileFor(await openDirectoryStore(folder), modelPath, resolve(dataPath), options);
    const summary = await summarise(checked);
    if (options.json) return void process.stdout.write(`${JSON.stringify(summary)}\n`);
    process.stdout.write(`${printable(summaryLines(summary, checked.guesses).join('\n'))}\n`);
    const { plan, circuit } = checked.compiled;
    if (options.explain) process.stdout.write(`${explainPlan(plan, circuit)}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `check`. */
export function checkCommand(): Command {
  const command = new Command('check')
    .description('does this model fit this data? A dry run on a sample that may be seen: no keys, nothing is stored')
    .argument('<model>', 'an .onnx file, or a folder with model.json')
    .argument('<sample>', 'a table or a folder of images like the data')
    .option('--calibrate <file|folder>', 'data that ranges are measured on; default: the sample')
    .addOption(modeOption('key that the data is encrypted with; `run` takes symmetric'))
    .addOption(ringOption('the cheaper one where that costs no accuracy'));
  return addOwnDataOptions(command)
    .option('--explain', "print the planner's reasoning", false)
    .option('--json', 'print a JSON object', false)
    .addHelpText(
      'after',
      '\nExits with 4 where the model cannot be evaluated, and says which operator is why.\n\nExamples:\n  ciphernet check model.onnx train.csv --label diagnosis',
    )
    .action(check);
}
