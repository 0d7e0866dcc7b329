import { InputError, elementAt } from '@ciphernet/foundation';
import type { Statement } from '@ciphernet/publication';
import { type Report, accuracyOf } from '@ciphernet/report';
import { type Uniform, geometricNoise } from './noise.js';
import type { DisclosurePolicy } from './policy.js';
import { EVERYTHING, type Release, assertMetrics, isReleased } from './release.js';

const THOUSAND = 1000;

/** What publishing a statement costs. */
export interface Cost {
  /** At most so much of the key, or of anything else, can be read from the figures. */
  readonly bits: number;
  readonly epsilon: number;
}

/**
 * The step that `images` examples support: the power of ten at or below the standard error of a share of one half,
 * 0.5/√n. It does not depend on the figure.
 */
export function accuracyStep(images: number): number {
  // By its decimal text: 10 ** −4 is not the double nearest to it.
  return Number(`1e${Math.floor(Math.log10(0.5 / Math.sqrt(images)))}`);
}

const clamp = (value: number, high: number): number => Math.min(high, Math.max(0, value));

function publishedAccuracy(report: Report, epsilon: number, step: number, uniform: Uniform | undefined): number {
  const correct = Math.round(accuracyOf(report) * report.images);
  // One example changes the count by at most one.
  const noisy = correct + geometricNoise(Math.round(epsilon * THOUSAND), THOUSAND, uniform);
  const steps = Math.round(clamp(noisy, report.images) / report.images / step);
  return Number((steps * step).toFixed(12));
}

function publishedConfusion(
  report: Report,
  { epsilonPerEvaluation, minimumCell }: DisclosurePolicy,
  release: Release,
  uniform: Uniform | undefined,
): (number | null)[][] {
  // An example that is exchanged for another leaves one cell and enters another: sensitivity 2.
  const s = Math.round(epsilonPerEvaluation * THOUSAND);
  return report.confusion.map((row, label) =>
    row.map((count) => {
      if (!isReleased(release, label)) return null;
      const noisy = clamp(count + geometricNoise(s, 2 * THOUSAND, uniform), report.images);
      return noisy < minimumCell ? null : minimumCell * Math.round(noisy / minimumCell);
    }),
  );
}

/** Values that published figures can have, in bits. @param cells of a confusion matrix that are released */
function bitsOf(images: number, step: number, cells: number, minimumCell: number): number {
  const accuracy = Math.log2(Math.round(1 / step) + 1);
  return accuracy + cells * Math.log2(Math.floor(images / minimumCell) + 2);
}

/**
 * Draws what may be said in public of an evaluation: once, since figures drawn twice tell more.
 *
 * @param owner the public key that will sign it
 * @param release what the dataset's consent lets out; everything by default
 * @param uniform randomness of the noise; the operating system's by default
 * @throws InputError for an evaluation of too few examples, and for figures that are not released
 */
export function disclose(
  report: Report,
  options: {
    readonly policy: DisclosurePolicy;
    readonly confusion: boolean;
    readonly owner: string;
    readonly checks: readonly string[];
    readonly today: Date;
    readonly release?: Release;
    readonly uniform?: Uniform;
  },
): { readonly statement: Statement; readonly cost: Cost } {
  const { policy, confusion, owner, today, release = EVERYTHING, uniform } = options;
  const { images, dataset } = report;
  assertMetrics(release, confusion ? ['accuracy', 'confusion'] : ['accuracy'], dataset.manifest, report.evaluation);
  if (images < policy.minimumImages) {
    throw new InputError(
      `${images} examples are too few to publish about, the policy asks for ${policy.minimumImages}`,
      {
        where: report.evaluation,
        hint: 'evaluate on a larger dataset; the figures of a few examples are those examples',
      },
    );
  }
  const step = accuracyStep(images);
  // A model of two classes may give one value, which is what a dataset counts.
  const classes = Math.max(dataset.classes, report.confusion.length);
  const { epsilonPerEvaluation: epsilon, minimumCell } = policy;
  const statement: Statement = {
    format: 'ciphernet-statement',
    version: 1,
    evaluation: report.evaluation,
    publishedOn: elementAt(today.toISOString().split('T'), 0),
    dataset: {
      name: dataset.name,
      split: dataset.split,
      manifest: dataset.manifest,
      images,
      classes,
    },
    model: { digest: report.model.digest },
    accuracy: publishedAccuracy(report, epsilon, step, uniform),
    ...(confusion ? { confusion: publishedConfusion(report, policy, release, uniform) } : {}),
    rounding: { accuracy: step, cell: minimumCell },
    epsilon: confusion ? 2 * epsilon : epsilon,
    checks: options.checks,
    parameters: {
      digest: report.parameters.digest,
      keyFingerprint: report.parameters.keyFingerprint,
      securityBits: report.security.bits,
    },
    owner,
  };
  const rows = report.confusion.filter((_, label) => isReleased(release, label)).length;
  const bits = bitsOf(images, step, confusion ? rows * classes : 0, minimumCell);
  return { statement, cost: { bits, epsilon: statement.epsilon } };
}
