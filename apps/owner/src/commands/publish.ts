import { join } from 'node:path';
import { PUBLISHED } from '@ciphernet/artifacts';
import { openBlobStore } from '@ciphernet/blobs';
import { Command, evaluationArgument } from '@ciphernet/command-line';
import {
  type Balance,
  type LedgerEntry,
  assertReleased,
  assertWithinBudget,
  balances,
  disclose,
  readDraft,
  readLedger,
  readPolicy,
  readPublication,
  writeDraft,
  writePublication,
} from '@ciphernet/disclosure';
import { InputError, writeWhole } from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import {
  type Consent,
  type OwnerConfiguration,
  findConsent,
  loadOwnerConfiguration,
  openOwnerIdentity,
  readOutcome,
  sameExamples,
} from '@ciphernet/owner-records';
import { signedBytes } from '@ciphernet/publication';
import type { Report } from '@ciphernet/report';

interface PublishOptions {
  readonly confusion: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

async function acceptedReport(owner: OwnerConfiguration, evaluation: string): Promise<Report> {
  const outcome = await readOutcome(owner.reportsFolder, evaluation);
  if (outcome?.kind === 'accepted') return outcome.report;
  throw new InputError(outcome === undefined ? 'there is no report' : 'the evaluation was refused', {
    where: evaluation,
    hint: 'the command `report` lists what can be published',
  });
}

/** The figures that may leave: drawn once, kept, and never drawn again. */
async function draftFor(owner: OwnerConfiguration, evaluation: string, confusion: boolean): Promise<LedgerEntry> {
  const { publishedFolder, policyFile } = owner;
  const draft = await readDraft(publishedFolder, evaluation);
  if (draft === undefined) {
    const report = await acceptedReport(owner, evaluation);
    const policy = await readPolicy(policyFile);
    const { publicKey } = await openOwnerIdentity(owner);
    const checks = report.checks ?? [];
    const release = await consentTo(owner, report.dataset.manifest, evaluation);
    const options = { policy, confusion, owner: publicKey, checks, today: new Date(), release };
    const { statement, cost } = disclose(report, options);
    const entry: LedgerEntry = { format: 'ciphernet-publication', version: 1, statement, ...cost };
    await writeDraft(publishedFolder, entry);
    return entry;
  }
  if ((draft.statement.confusion !== undefined) === confusion) return draft;
  throw new InputError(`the figures were drawn ${confusion ? 'without' : 'with'} a confusion matrix`, {
    where: evaluation,
    hint: `publish them ${confusion ? 'without' : 'with'} --confusion: figures that are drawn twice tell more than the policy allows`,
  });
}

/** What the dataset's consent lets out. @throws InputError without one */
async function consentTo(owner: OwnerConfiguration, dataset: string, evaluation: string): Promise<Consent> {
  const consent = await findConsent(owner, dataset);
  if (consent !== undefined) return consent;
  throw new InputError('the dataset has no consent, which says what may be published about it', {
    where: evaluation,
    hint: `ciphernet allow --dataset ${dataset} --model …`,
  });
}

function costLines(all: readonly Balance[]): string {
  return all
    .map(({ what, spent, allowed }) => `  ${what.padEnd(28)} ${String(Number(spent.toFixed(1)))} of ${allowed}`)
    .join('\n');
}

async function publish(evaluation: string, options: PublishOptions): Promise<void> {
  const owner = loadOwnerConfiguration();
  const { publishedFolder, policyFile } = owner;
  let entry = await readPublication(publishedFolder, evaluation);
  const isNew = entry === undefined;
  entry ??= await draftFor(owner, evaluation, options.confusion);
  const earlier = (await readLedger(publishedFolder)).filter(({ statement }) => statement.evaluation !== evaluation);
  const { manifest } = entry.statement.dataset;
  const consent = await consentTo(owner, manifest, evaluation);
  const same = await sameExamples(owner.recordsFolder, manifest);
  const policy = await readPolicy(policyFile);
  const epsilonPerDataset = Math.min(policy.epsilonPerDataset, consent.budget.epsilon ?? Infinity);
  const accounts = balances(earlier, entry, { ...policy, epsilonPerDataset }, (other) => same.has(other));
  const text = JSON.stringify(entry.statement, null, 2);
  if (isNew) {
    assertReleased(entry.statement, consent);
    assertWithinBudget(accounts, evaluation);
  }
  if (!options.yes) {
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ published: false, statement: entry.statement, balances: accounts })}\n`
        : `This, and nothing else, would leave:\n\n${text}\n\nWith it, so much is spent:\n${costLines(accounts)}\n\nNothing has left. To publish: ciphernet publish ${evaluation}${options.confusion ? ' --confusion' : ''} --yes\n`,
    );
    return;
  }
  let { signed } = entry;
  if (signed === undefined) {
    const identity = await openOwnerIdentity(owner);
    const signature = identity.sign(signedBytes(text));
    signed = `${JSON.stringify({ format: 'ciphernet-signed', version: 1, statement: text, signature })}\n`;
    // Charged before it leaves: a publication that was interrupted is repeated byte for byte and costs nothing more.
    await writePublication(publishedFolder, { ...entry, signed });
  }
  const blobs = await openBlobStore(owner);
  const { digest } = await blobs.put(new TextEncoder().encode(signed));
  await PUBLISHED.set(blobs, evaluation, digest);
  const path = join(publishedFolder, `${evaluation}.signed.json`);
  await writeWhole(path, signed, { mode: 0o600 });
  const fingerprint = identityFingerprint(entry.statement.owner);
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ published: true, statement: entry.statement, balances: accounts, digest })}\n`
      : `published    ${evaluation}, signed by ${fingerprint.slice(0, 16)}…\nfile         ${path}, to hand out: ciphernet report verify checks it\n${costLines(accounts)}\n`,
  );
}

/** `publish`. */
export function publishCommand(): Command {
  return new Command('publish')
    .description(
      'let figures of an evaluation out: shows what would leave; with --yes signs it and puts it into the store',
    )
    .argument('<evaluation>', 'id of an evaluation', evaluationArgument)
    .option('--confusion', 'a confusion matrix too: noise on every cell, small cells left out', false)
    .option('--yes', 'publish what was shown', false)
    .option('--json', 'print a JSON object', false)
    .addHelpText(
      'after',
      '\nThe policy is policy.json in the data folder; docs/publication.md has its fields.\n\nExamples:\n  ciphernet publish eval-3f2a91bc\n  ciphernet publish eval-3f2a91bc --yes',
    )
    .action(publish);
}
