import { join, resolve } from 'node:path';
import { DEFAULT_ENGINE } from '@ciphernet/artifacts';
import type { EncryptionMode } from '@ciphernet/ckks';
import {
  Command,
  Option,
  type ProgressBoard,
  type Session,
  createProgressBoard,
  integerBetween,
  openSession,
} from '@ciphernet/command-line';
import { loadDataset, takeExamples } from '@ciphernet/datasets';
import { EvaluationError, writeWhole } from '@ciphernet/foundation';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import type { NamedDataset } from '@ciphernet/queue';
import { type Reproduction, chosenRun, reproductionSchema, reproductionTable } from '@ciphernet/report';
import { writeCurve } from '@ciphernet/report-view';
import { MODEL_NAMES, modelSpec, recipeFor } from '@ciphernet/training';
import { type EncryptedSplit, encryptTestSplit, expectedOfZoo, runCurve } from '../curve-run.js';
import { modeOfBothKeys } from '../mode-option.js';
import { requireSharedQueue, startRoles } from '../start-roles.js';

type Row = Reproduction['rows'][number];

interface ReproduceOptions {
  readonly dataset: NamedDataset[];
  readonly model: string[];
  readonly seeds: number;
  readonly epochs?: number;
  readonly images?: number;
  readonly mode: EncryptionMode;
  readonly out?: string;
  readonly remote: boolean;
  readonly json: boolean;
}

/** One network on one dataset: the first seed with a curve of every epoch, the others at the chosen epoch only. */
async function reproduceRow(
  session: Session,
  board: ProgressBoard,
  row: Omit<Row, 'runs'> & { readonly dataset: NamedDataset },
  encrypted: EncryptedSplit,
  options: { readonly seeds: number; readonly folder: string },
): Promise<Row> {
  const { dataset, model, epochs } = row;
  const runs: Row['runs'] = [];
  for (let seed = 1; seed <= options.seeds; seed++) {
    process.stderr.write(`${dataset}, ${model}, seed ${seed} of ${options.seeds}: ${epochs} epochs\n`);
    const request = { dataset, model, epochs, seed, engine: DEFAULT_ENGINE, everyEpoch: seed === 1 };
    const curve = await runCurve(session, board, request, encrypted);
    if (seed === 1) await writeCurve(join(options.folder, `${dataset}-${model}`), curve);
    const run = chosenRun(seed, curve);
    if (run === undefined) {
      throw new EvaluationError(`epoch ${curve.chosenEpoch} was not evaluated: ${curve.missing[0]?.reason ?? '?'}`, {
        where: curve.run,
      });
    }
    runs.push(run);
  }
  return { ...row, runs };
}

async function reproduce(options: ReproduceOptions): Promise<void> {
  const owner = loadOwnerConfiguration();
  await using session = await openSession();
  const folder = resolve(options.out ?? join(owner.reportsFolder, 'reproduce'));
  const board = createProgressBoard();
  const rows: Row[] = [];
  try {
    if (options.remote) requireSharedQueue(session);
    else await startRoles(session, owner, { infer: Math.max(1, owner.cores - 1), audit: 1, train: true });
    for (const name of options.dataset) {
      const full = await loadDataset(name, 'test', owner.datasetFolders);
      const dataset = takeExamples(full, options.images ?? full.count);
      for (const model of options.model) {
        const epochs = options.epochs ?? recipeFor(modelSpec(model), name).epochs;
        const encrypted = await encryptTestSplit(session, board, expectedOfZoo(model), dataset, options.mode);
        const row = { dataset: name, model, images: encrypted.images, epochs };
        rows.push(await reproduceRow(session, board, row, encrypted, { seeds: options.seeds, folder }));
        // Written after each row: a run of an hour that is stopped has said what it found.
        const whole = reproductionSchema.parse({ format: 'ciphernet-reproduction', version: 1, rows });
        await writeWhole(join(folder, 'reproduction.json'), `${JSON.stringify(whole, null, 2)}\n`);
        await writeWhole(join(folder, 'table.md'), `${reproductionTable(rows)}\n`);
      }
    }
    board.stop();
    process.stdout.write(
      options.json ? `${JSON.stringify(rows)}\n` : `\n${reproductionTable(rows)}\n\n  table and curves  ${folder}\n`,
    );
  } finally {
    board.stop();
  }
}

/** `reproduce`. */
export function reproduceCommand(): Command {
  return new Command('reproduce')
    .description('train on several seeds, evaluate encrypted, and put the figures beside the reference project’s')
    .addOption(
      new Option('--dataset <names...>').choices(['mnist', 'fashion-mnist']).default(['mnist', 'fashion-mnist']),
    )
    .addOption(new Option('--model <names...>', 'networks').choices([...MODEL_NAMES]).default(['cnn-wide']))
    .option('--seeds <n>', 'seeds 1 to n', integerBetween(1, 20), 3)
    .option('--epochs <n>', "epochs (default: each network's recipe)", integerBetween(1, 200))
    .option('--images <n>', 'only the first n test images', integerBetween(1, 1_000_000))
    .addOption(modeOfBothKeys())
    .option('--out <folder>', 'where table and curves go (default: reports/reproduce in the data folder)')
    .option('--remote', 'only encrypt, enqueue and wait: workers and collector run elsewhere (Redis)', false)
    .option('--json', 'print the rows as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  npm run reproduce\n  npm run reproduce -- --dataset mnist --model cnn cnn-light --seeds 3\n  npm run reproduce -- --seeds 1 --epochs 3 --images 1000      # a quick look',
    )
    .action(reproduce);
}
