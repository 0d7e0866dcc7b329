/** Why an operator cannot be followed; the interpreter adds the node and the tensor that it came from. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  /**
   * @param what the reason
   * @param hint what to do
   * @param kind `input` for a model that does not hold together, `unsupported` for one that cannot be evaluated
   */
  constructor(
    readonly what: string,
    readonly hint: string,
    readonly kind: 'input' | 'unsupported' = 'unsupported',
  ) {
    super(what);
  }
}

export function refuse(what: string, hint: string, kind: 'input' | 'unsupported' = 'unsupported'): never {
  throw new Refusal(what, hint, kind);
}

interface Reason {
  readonly what: string;
  readonly hint: string;
}

const NOT_POLYNOMIAL: Reason = {
  what: 'not a polynomial',
  hint: 'train the model with squares (x²) in its place, or have it converted: ciphernet model convert',
};
const MAXIMUM: Reason = {
  what: 'a maximum is not a polynomial',
  hint: 'train the model with average pooling in its place, or have it converted: ciphernet model convert',
};
const MINIMUM: Reason = {
  what: 'a minimum is not a polynomial',
  hint: 'train the model with average pooling in its place',
};
const PRODUCT: Reason = {
  what: 'a product of many values takes too many squares',
  hint: 'use sums',
};
const DIVIDES: Reason = {
  what: 'divides by data',
  hint: 'train with batch normalisation',
};
const COMPARES: Reason = {
  what: 'compares or exponentiates data',
  hint: 'distil it into a network of squares',
};
const RECURRENT: Reason = {
  what: 'recurrent or conditional graphs are too deep',
  hint: 'use a feed-forward network',
};
const QUANTISED: Reason = {
  what: 'an int8 model',
  hint: 'export the float model; weights are quantised here',
};
const ENCODES: Reason = {
  what: 'encodes or fills in values',
  hint: 'do it when the table is prepared, and export the model behind it',
};

function each(reason: Reason, operators: string): [string, Reason][] {
  return operators.split(' ').map((operator) => [operator, reason]);
}

/** Reasons by operator, for operators of data; on constants most of them are folded. */
const REASONS: ReadonlyMap<string, Reason> = new Map([
  ...each(
    NOT_POLYNOMIAL,
    'Relu LeakyRelu PRelu Sigmoid Tanh Elu Selu Celu Gelu Softplus Softsign Clip Erf HardSigmoid HardSwish Mish Swish ' +
      'ThresholdedRelu Shrink Abs Sign Floor Ceil Round Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Mod',
  ),
  ...each(MAXIMUM, 'MaxPool GlobalMaxPool MaxRoiPool Max ReduceMax ArgMax TopK Hardmax'),
  ...each(MINIMUM, 'Min ReduceMin ArgMin'),
  ...each(PRODUCT, 'ReduceProd Einsum CumProd Det'),
  ...each(
    DIVIDES,
    'Div Sqrt Exp Log Reciprocal Softmax LogSoftmax LayerNormalization InstanceNormalization GroupNormalization ' +
      'RMSNormalization MeanVarianceNormalization LpNormalization LpPool GlobalLpPool LRN Normalizer ReduceL1 ReduceL2 ' +
      'ReduceLogSum ReduceLogSumExp',
  ),
  ...each(
    COMPARES,
    'TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor Binarizer Equal Greater GreaterOrEqual Less LessOrEqual Not And ' +
      'Or Xor NonZero NonMaxSuppression IsNaN IsInf Unique',
  ),
  ...each(RECURRENT, 'LSTM GRU RNN If Loop Scan'),
  ...each(
    QUANTISED,
    'QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearConv QLinearMatMul ConvInteger MatMulInteger',
  ),
  ...each(ENCODES, 'LabelEncoder OneHotEncoder OneHot CategoryMapper DictVectorizer TfIdfVectorizer StringNormalizer'),
]);

/** Throws for an operator that cannot be followed, with the reason that is known, or that it is not known. */
export function refuseOperator(operator: string): never {
  const reason = REASONS.get(operator);
  if (reason !== undefined) return refuse(reason.what, reason.hint);
  return refuse(
    'not among the operators that are read',
    'use convolutions, dense layers, average pooling, batch normalisation and squares',
  );
}
