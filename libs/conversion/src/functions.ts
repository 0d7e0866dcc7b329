/** One function of one number by an operator's name, with what its attributes say. */
type FunctionMaker = (attribute: (name: string, fallback: number) => number) => (x: number) => number;

/** Error function (Abramowitz, Stegun 1964, 7.1.26), to within 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
/** log(1 + eˣ) without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** Functions of one value, by ONNX's names and default attributes (https://onnx.ai/onnx/operators/). */
export const FUNCTIONS: Readonly<Record<string, FunctionMaker>> = {
  Relu: () => (x) => Math.max(x, 0),
  LeakyRelu: (attribute) => {
    const alpha = attribute('alpha', 0.01);
    return (x) => (x < 0 ? alpha * x : x);
  },
  Elu: (attribute) => {
    const alpha = attribute('alpha', 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
  },
  Celu: (attribute) => {
    const alpha = attribute('alpha', 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x / alpha) : x);
  },
  Selu: (attribute) => {
    const alpha = attribute('alpha', 1.6732632423543772);
    const gamma = attribute('gamma', 1.0507009873554805);
    return (x) => gamma * (x < 0 ? alpha * Math.expm1(x) : x);
  },
  ThresholdedRelu: (attribute) => {
    const alpha = attribute('alpha', 1);
    return (x) => (x > alpha ? x : 0);
  },
  HardSigmoid: (attribute) => {
    const [alpha, beta] = [attribute('alpha', 0.2), attribute('beta', 0.5)];
    return (x) => clamp(alpha * x + beta, 0, 1);
  },
  HardSwish: () => (x) => x * clamp(x / 6 + 0.5, 0, 1),
  Sigmoid: () => logistic,
  Tanh: () => Math.tanh,
  Softplus: () => softplus,
  Softsign: () => (x) => x / (1 + Math.abs(x)),
  Gelu: () => (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  Mish: () => (x) => x * Math.tanh(softplus(x)),
  Swish: (attribute) => {
    const alpha = attribute('alpha', 1);
    return (x) => x * logistic(alpha * x);
  },
  Erf: () => erf,
  Abs: () => Math.abs,
};
