import { DEFAULT_ENGINE, ENGINE_CHOICES, fetchManifest } from '@ciphernet/artifacts';
import { addSchedule, listSchedules, removeSchedule, runSuite } from '@ciphernet/benchmarks';
import {
  Command,
  Option,
  type Session,
  digestArgument,
  openSharedSession,
  suiteArgument,
} from '@ciphernet/command-line';
import { type BenchmarkSuite, parseBenchmarkSuite } from '@ciphernet/queue';

interface SuiteOptions {
  readonly dataset: string[];
  readonly model: string[];
  readonly engine: string;
  readonly compare: boolean;
  readonly audit: boolean;
}

const digests = (text: string, before?: string[]): string[] => [...(before ?? []), digestArgument(text)];

async function readSuite({ blobs }: Session, suite: string, options: SuiteOptions): Promise<BenchmarkSuite> {
  const datasets = await Promise.all(
    options.dataset.map(async (manifest) => {
      const { shards } = await fetchManifest(blobs, manifest);
      return { manifest, shards: shards.length };
    }),
  );
  await Promise.all(options.model.map((model) => blobs.get(model)));
  const { model: models, engine, compare, audit } = options;
  return parseBenchmarkSuite({ suite, datasets, models, engine, compare, audit });
}

async function add(name: string, options: SuiteOptions & { cron: string }): Promise<void> {
  await using session = await openSharedSession('benchmark schedule');
  await addSchedule(session.backend, options.cron, await readSuite(session, name, options));
  const schedule = (await listSchedules(session.backend)).find(({ suite }) => suite === name);
  const next = schedule?.next === undefined ? '?' : new Date(schedule.next).toISOString();
  process.stdout.write(`scheduled  ${name}, next run ${next}\n`);
}

async function run(name: string, options: SuiteOptions): Promise<void> {
  await using session = await openSharedSession('benchmark schedule');
  process.stdout.write(`run  ${await runSuite(session.backend, await readSuite(session, name, options))}\n`);
}

async function list(options: { json: boolean }): Promise<void> {
  await using session = await openSharedSession('benchmark schedule');
  const schedules = await listSchedules(session.backend);
  if (options.json) return void process.stdout.write(`${JSON.stringify(schedules)}\n`);
  for (const { suite, pattern, next } of schedules) {
    const time = next === undefined ? '?' : new Date(next).toISOString();
    process.stdout.write(`${suite.padEnd(24)} ${pattern.padEnd(16)} next ${time}\n`);
  }
  if (schedules.length === 0) process.stdout.write('no schedules\n');
}

async function remove(name: string): Promise<void> {
  await using session = await openSharedSession('benchmark schedule');
  await removeSchedule(session.backend, name);
  process.stdout.write(`removed  ${name}\n`);
}

function withSuite(command: Command): Command {
  return command
    .argument('<name>', 'name of the suite', suiteArgument)
    .requiredOption('--dataset <digests...>', 'encrypted datasets', digests)
    .requiredOption('--model <digests...>', 'models', digests)
    .addOption(new Option('--engine <name>').choices([...ENGINE_CHOICES]).default(DEFAULT_ENGINE))
    .option('--no-compare', 'report the encrypted accuracy only')
    .option('--no-audit', 'do not have results spot-checked');
}

/** `schedule add`, `run`, `list` and `remove`. What came of the runs is their data owner's: `history`. */
export function scheduleCommand(): Command {
  const schedule = new Command('schedule').description(
    'benchmark runs by schedule (Redis); their history is the data owner’s',
  );
  withSuite(schedule.command('add'))
    .description('schedule a suite, or change its schedule')
    .requiredOption('--cron <pattern>', 'five fields, UTC; six with seconds first')
    .action(add);
  withSuite(schedule.command('run')).description('run a suite now').action(run);
  schedule
    .command('list')
    .description('what is scheduled, and when next')
    .option('--json', 'print a JSON array', false)
    .action(list);
  schedule
    .command('remove')
    .description('end a schedule; its history stays')
    .argument('<name>', 'name of the suite', suiteArgument)
    .action(remove);
  return schedule.addHelpText(
    'after',
    "\nExamples:\n  npm run schedule-benchmark -- add nightly --cron '0 3 * * *' --dataset 3f2a… --model 91bc… 77d0…\n  npm run schedule-benchmark -- run nightly --dataset 3f2a… --model 91bc…",
  );
}
