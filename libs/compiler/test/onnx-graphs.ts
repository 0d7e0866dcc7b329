import { create, toBinary } from '@bufbuild/protobuf';
import { type OnnxGraph, onnxFromBytes } from '@ciphernet/formats';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as Kind,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
  type TensorProto,
  TensorProto_DataType as Type,
  TensorShapeProtoSchema,
  TensorShapeProto_DimensionSchema,
  TypeProtoSchema,
  TypeProto_TensorSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';

/** Numbers in an attribute: whole ones are integers unless they are said to be `floats`. */
export type AttributeValue =
  number | string | readonly string[] | readonly number[] | TensorProto | { floats: readonly number[] };

export interface NodePlan {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly ml?: boolean;
}

export interface GraphPlan {
  /** With the batch; −1 is left open. */
  readonly input: readonly number[];
  readonly nodes: readonly NodePlan[];
  readonly constants?: Readonly<Record<string, TensorProto>>;
  /** Default the first output of the last node; one named `label` is of strings. */
  readonly outputs?: readonly string[];
  readonly opset?: number;
}

export function floats(dims: readonly number[], values: readonly number[]): TensorProto {
  const rawData = new Uint8Array(Float32Array.from(values).buffer);
  return create(TensorProtoSchema, { dims: dims.map(BigInt), dataType: Type.FLOAT, rawData });
}

export function integers(values: readonly number[], dims: readonly number[] = [values.length]): TensorProto {
  return create(TensorProtoSchema, {
    dims: dims.map(BigInt),
    dataType: Type.INT64,
    rawData: new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer),
  });
}

export function truths(values: readonly boolean[], dims: readonly number[]): TensorProto {
  return create(TensorProtoSchema, {
    dims: dims.map(BigInt),
    dataType: Type.BOOL,
    rawData: Uint8Array.from(values, Number),
  });
}

const REAL_ATTRIBUTES = new Set(['alpha', 'beta', 'epsilon', 'ratio', 'value_float']);

function attributeOf(name: string, value: AttributeValue): AttributeProto {
  const base = { name };
  const text = new TextEncoder();
  if (typeof value === 'number') {
    return REAL_ATTRIBUTES.has(name) || !Number.isInteger(value)
      ? create(AttributeProtoSchema, { ...base, type: Kind.FLOAT, f: value })
      : create(AttributeProtoSchema, { ...base, type: Kind.INT, i: BigInt(value) });
  }
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { ...base, type: Kind.STRING, s: text.encode(value) });
  if ('floats' in value) {
    return create(AttributeProtoSchema, { ...base, type: Kind.FLOATS, floats: [...value.floats] });
  }
  if ('dataType' in value) return create(AttributeProtoSchema, { ...base, type: Kind.TENSOR, t: value });
  if (value.every((item) => typeof item === 'string')) {
    return create(AttributeProtoSchema, {
      ...base,
      type: Kind.STRINGS,
      strings: value.map((item) => text.encode(item)),
    });
  }
  return create(AttributeProtoSchema, { ...base, type: Kind.INTS, ints: value.map((item) => BigInt(item)) });
}

export function port(name: string, dims: readonly number[] | undefined, elemType = Type.FLOAT): ValueInfoProto {
  const shape =
    dims === undefined
      ? undefined
      : create(TensorShapeProtoSchema, {
          dim: dims.map((size) =>
            create(TensorShapeProto_DimensionSchema, {
              value: size < 0 ? { case: 'dimParam', value: 'N' } : { case: 'dimValue', value: BigInt(size) },
            }),
          ),
        });
  const tensor = create(TypeProto_TensorSchema, { elemType, ...(shape === undefined ? {} : { shape }) });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } }),
  });
}

/** The bytes of a model of one input `x`. */
export function modelBytes(plan: GraphPlan): Uint8Array {
  const last = plan.nodes[plan.nodes.length - 1];
  const outputs = plan.outputs ?? [(last?.outputs ?? ['y'])[0] ?? 'y'];
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'test',
    opsetImport: [
      create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(plan.opset ?? 17) }),
      create(OperatorSetIdProtoSchema, { domain: 'ai.onnx.ml', version: 1n }),
    ],
    graph: create(GraphProtoSchema, {
      name: 'graph',
      input: [port('x', plan.input)],
      output: outputs.map((name) => port(name, undefined, name === 'label' ? Type.STRING : Type.FLOAT)),
      initializer: Object.entries(plan.constants ?? {}).map(([name, tensor]) => ({ ...tensor, name })),
      node: plan.nodes.map(({ op, inputs, outputs: made, attributes, ml }, i) =>
        create(NodeProtoSchema, {
          name: `${op}_${i}`,
          opType: op,
          domain: ml === true ? 'ai.onnx.ml' : '',
          input: [...inputs],
          output: [...(made ?? ['y'])],
          attribute: Object.entries(attributes ?? {}).map(([name, value]) => attributeOf(name, value)),
        }),
      ),
    }),
  });
  return toBinary(ModelProtoSchema, model);
}

export function graphOf(plan: GraphPlan): OnnxGraph {
  return onnxFromBytes(modelBytes(plan), 'test.onnx').graph;
}
