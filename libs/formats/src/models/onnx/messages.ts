import {
  type Budget,
  type Field,
  damaged,
  floatOf,
  floatsIn,
  newBudget,
  readFields,
  readPackedVarints,
  spend,
  textOf,
} from './wire.js';

/**
 * The messages of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto that a model needs, with its field numbers.
 * What is not read here (functions, training, documentation) is skipped.
 */
export interface TensorMessage {
  name: string;
  dims: number[];
  type: number;
  /** Bytes of `raw_data`; undefined when the values are in typed fields. */
  raw: Uint8Array | undefined;
  /** Packed values of the typed fields, by field number. */
  typed: { number: number; bytes: Uint8Array }[];
  texts: string[];
  /** Entries that say where the values are, when they are not in this file. */
  external: Map<string, string> | undefined;
}

export interface AttributeMessage {
  name: string;
  type: number;
  float: number;
  integer: number;
  text: string;
  numbers: number[];
  texts: string[];
  tensor: TensorMessage | undefined;
}

export interface NodeMessage {
  name: string;
  operator: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: AttributeMessage[];
}

export interface PortMessage {
  name: string;
  kind: 'tensor' | 'sequence' | 'map' | 'other';
  type: number;
  shape: (number | undefined)[] | undefined;
}

export interface GraphMessage {
  name: string;
  nodes: NodeMessage[];
  initialisers: TensorMessage[];
  sparse: number;
  inputs: PortMessage[];
  outputs: PortMessage[];
}

export interface ModelMessage {
  producer: string;
  opsets: { domain: string; version: number }[];
  /** What its author wrote beside it, `metadata_props`. */
  metadata: Map<string, string>;
  graph: GraphMessage | undefined;
}

/** Numbers of a repeated int64 field, packed or one by one. */
function pushIntegers(list: number[], field: Field, budget: Budget): void {
  if (field.wire === 'bytes') {
    readPackedVarints(field.bytes, budget.where, (value) => {
      spend(budget, 'listed');
      list.push(value);
    });
  } else {
    spend(budget, 'listed');
    list.push(field.integer);
  }
}

function pushFloats(list: number[], field: Field, budget: Budget): void {
  spend(budget, 'listed', Math.max(1, field.bytes.length / 4));
  for (const value of floatsIn(field.bytes)) list.push(value);
}

function pushText(list: string[], field: Field, budget: Budget): void {
  spend(budget, 'listed');
  list.push(textOf(field));
}

function entryOf(bytes: Uint8Array, where: string): [string, string] {
  let key = '';
  let value = '';
  readFields(bytes, where, (field) => {
    if (field.number === 1) key = textOf(field);
    else if (field.number === 2) value = textOf(field);
  });
  return [key, value];
}

function readTensor(bytes: Uint8Array, budget: Budget): TensorMessage {
  spend(budget, 'messages');
  const tensor: TensorMessage = {
    name: '',
    dims: [],
    type: 0,
    raw: undefined,
    typed: [],
    texts: [],
    external: undefined,
  };
  let isExternal = false;
  const entries = new Map<string, string>();
  readFields(bytes, budget.where, (field) => {
    if (field.number === 1) pushIntegers(tensor.dims, field, budget);
    else if (field.number === 2) tensor.type = field.integer;
    else if (field.number === 8) tensor.name = textOf(field);
    else if (field.number === 9) tensor.raw = field.bytes;
    else if (field.number === 6) pushText(tensor.texts, field, budget);
    else if ([4, 5, 7, 10, 11].includes(field.number)) {
      if (field.wire !== 'bytes') throw damaged(budget.where, 'values of a tensor are not packed');
      spend(budget, 'messages');
      tensor.typed.push({ number: field.number, bytes: field.bytes });
    } else if (field.number === 13) {
      spend(budget, 'messages');
      entries.set(...entryOf(field.bytes, budget.where));
    } else if (field.number === 14) isExternal = field.integer === 1;
  });
  if (isExternal) tensor.external = entries;
  return tensor;
}

function readAttribute(bytes: Uint8Array, budget: Budget): AttributeMessage {
  spend(budget, 'messages');
  const attribute: AttributeMessage = {
    name: '',
    type: 0,
    float: 0,
    integer: 0,
    text: '',
    numbers: [],
    texts: [],
    tensor: undefined,
  };
  readFields(bytes, budget.where, (field) => {
    if (field.number === 1) attribute.name = textOf(field);
    else if (field.number === 2) attribute.float = floatOf(field);
    else if (field.number === 3) attribute.integer = field.integer;
    else if (field.number === 4) attribute.text = textOf(field);
    else if (field.number === 5) attribute.tensor = readTensor(field.bytes, budget);
    else if (field.number === 7) pushFloats(attribute.numbers, field, budget);
    else if (field.number === 8) pushIntegers(attribute.numbers, field, budget);
    else if (field.number === 9) pushText(attribute.texts, field, budget);
    else if (field.number === 20) attribute.type = field.integer;
  });
  return attribute;
}

function readNode(bytes: Uint8Array, budget: Budget): NodeMessage {
  spend(budget, 'messages');
  const node: NodeMessage = { name: '', operator: '', domain: '', inputs: [], outputs: [], attributes: [] };
  readFields(bytes, budget.where, (field) => {
    if (field.number === 1) pushText(node.inputs, field, budget);
    else if (field.number === 2) pushText(node.outputs, field, budget);
    else if (field.number === 3) node.name = textOf(field);
    else if (field.number === 4) node.operator = textOf(field);
    else if (field.number === 5) node.attributes.push(readAttribute(field.bytes, budget));
    else if (field.number === 7) node.domain = textOf(field);
  });
  return node;
}

/** TypeProto.Tensor: element type and shape. */
function readTensorType(bytes: Uint8Array, port: PortMessage, budget: Budget): void {
  const { where } = budget;
  readFields(bytes, where, (field) => {
    if (field.number === 1) port.type = field.integer;
    else if (field.number === 2) {
      const shape: (number | undefined)[] = [];
      readFields(field.bytes, where, (dimension) => {
        if (dimension.number !== 1) return;
        spend(budget, 'listed');
        let size: number | undefined;
        readFields(dimension.bytes, where, (part) => {
          if (part.number === 1 && part.wire === 'varint') size = part.integer;
        });
        // Some exporters write an open dimension as 0 or −1.
        shape.push(size !== undefined && size > 0 ? size : undefined);
      });
      port.shape = shape;
    }
  });
}

function readPort(bytes: Uint8Array, budget: Budget): PortMessage {
  spend(budget, 'messages');
  const port: PortMessage = { name: '', kind: 'other', type: 0, shape: undefined };
  readFields(bytes, budget.where, (field) => {
    if (field.number === 1) port.name = textOf(field);
    else if (field.number === 2) {
      readFields(field.bytes, budget.where, (kind) => {
        if (kind.number === 1) {
          port.kind = 'tensor';
          readTensorType(kind.bytes, port, budget);
        } else if (kind.number === 4) port.kind = 'sequence';
        else if (kind.number === 5) port.kind = 'map';
      });
    }
  });
  return port;
}

function readGraph(bytes: Uint8Array, budget: Budget): GraphMessage {
  const graph: GraphMessage = { name: '', nodes: [], initialisers: [], sparse: 0, inputs: [], outputs: [] };
  readFields(bytes, budget.where, (field) => {
    if (field.number === 1) graph.nodes.push(readNode(field.bytes, budget));
    else if (field.number === 2) graph.name = textOf(field);
    else if (field.number === 5) graph.initialisers.push(readTensor(field.bytes, budget));
    else if (field.number === 11) graph.inputs.push(readPort(field.bytes, budget));
    else if (field.number === 12) graph.outputs.push(readPort(field.bytes, budget));
    else if (field.number === 15) graph.sparse++;
  });
  return graph;
}

/** Decodes a ModelProto. Nothing is checked but the encoding; subgraphs of loops and branches are not entered. */
export function readModel(bytes: Uint8Array, where: string): ModelMessage {
  const budget = newBudget(where);
  const model: ModelMessage = { producer: '', opsets: [], metadata: new Map(), graph: undefined };
  const producer = ['', ''];
  readFields(bytes, where, (field) => {
    if (field.number === 2) producer[0] = textOf(field);
    else if (field.number === 3) producer[1] = textOf(field);
    else if (field.number === 7) model.graph = readGraph(field.bytes, budget);
    else if (field.number === 8) {
      spend(budget, 'messages');
      const opset = { domain: '', version: 0 };
      readFields(field.bytes, where, (part) => {
        if (part.number === 1) opset.domain = textOf(part);
        else if (part.number === 2) opset.version = part.integer;
      });
      model.opsets.push(opset);
    } else if (field.number === 14) {
      spend(budget, 'messages');
      model.metadata.set(...entryOf(field.bytes, where));
    }
  });
  return { ...model, producer: producer.join(' ').trim() };
}
