import { UnsupportedError } from '@ciphernet/foundation';
import type { OnnxNode } from '@ciphernet/formats';

interface Reason {
  readonly what: string;
  readonly hint: string;
}

const RECURRENT: Reason = {
  what: 'recurrent or conditional graphs are too deep for two squares, and are not converted',
  hint: 'train a feed-forward network for the same task, which can be converted',
};
const NORMALISES: Reason = {
  what: 'divides by data, which neither averages nor squares imitate',
  hint: 'train with batch normalisation in its place, and convert that',
};
const UNKNOWN: Reason = {
  what: 'not among the operators that are converted',
  hint: 'convolutions, dense layers, pooling, batch normalisation, sums, concatenations and functions of one value are',
};

function each(reason: Reason, operators: string): [string, Reason][] {
  return operators.split(' ').map((operator) => [operator, reason]);
}

const REASONS: ReadonlyMap<string, Reason> = new Map([
  ...each(RECURRENT, 'LSTM GRU RNN If Loop Scan'),
  ...each(
    NORMALISES,
    'LayerNormalization InstanceNormalization GroupNormalization RMSNormalization MeanVarianceNormalization LRN ' +
      'LpNormalization Softmax LogSoftmax Attention',
  ),
]);

/** Why a network cannot be converted; the reader adds the node. */
export class ConversionRefusal extends Error {
  override readonly name = 'ConversionRefusal';

  constructor(
    readonly what: string,
    readonly hint: string,
  ) {
    super(what);
  }
}

export function refuse(what: string, hint: string): never {
  throw new ConversionRefusal(what, hint);
}

/** Refuses an operator with the reason that is known, or says that none is. */
export function refuseOperator(operator: string): never {
  const { what, hint } = REASONS.get(operator) ?? UNKNOWN;
  return refuse(what, hint);
}

/** The error of one node, by its name and operator. */
export function explained(error: unknown, node: OnnxNode, model: string): unknown {
  if (!(error instanceof ConversionRefusal) && !(error instanceof RangeError)) return error;
  const hint = error instanceof ConversionRefusal ? error.hint : 'the model is damaged; export it again';
  return new UnsupportedError(`${node.operator}: ${error.message}`, {
    where: `${model}, node ${node.name}`,
    hint,
    cause: error,
  });
}
