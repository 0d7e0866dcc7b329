import { InputError, UnsupportedError, elementAt, printable } from '@ciphernet/foundation';
import type { OnnxAttribute, OnnxDomain, OnnxGraph, OnnxNode, OnnxPort, OnnxTensor } from './graph.js';
import type { AttributeMessage, GraphMessage, ModelMessage, NodeMessage, PortMessage } from './messages.js';
import { elementTypeOf, tensorOf } from './tensor.js';

/** Operators before version 7 broadcast by attributes of their own; 25 is ONNX 1.20's. */
const FIRST_OPSET = 7;
const LAST_OPSET = 25;
const LAST_ML_OPSET = 5;

type Files = ReadonlyMap<string, Uint8Array>;

/** AttributeProto.AttributeType by its number. */
function attributeOf(attribute: AttributeMessage, where: string, files: Files): OnnxAttribute {
  switch (attribute.type) {
    case 1:
      return { kind: 'number', value: attribute.float };
    case 2:
      return { kind: 'number', value: attribute.integer };
    case 3:
      return { kind: 'text', value: attribute.text };
    case 4:
      if (attribute.tensor === undefined) return { kind: 'other' };
      return { kind: 'tensor', value: tensorOf(attribute.tensor, where, files) };
    case 6:
    case 7:
      return { kind: 'numbers', value: attribute.numbers };
    case 8:
      return { kind: 'texts', value: attribute.texts };
    default:
      return { kind: 'other' };
  }
}

function domainOf(node: NodeMessage, where: string): OnnxDomain {
  const { domain } = node;
  if (domain === '' || domain === 'ai.onnx') return '';
  if (domain === 'ai.onnx.ml') return domain;
  throw new UnsupportedError(`${printable(node.operator)} is of the domain '${printable(domain)}'`, {
    where,
    hint: 'export the plain model: not optimised for a runtime, with its functions inlined',
  });
}

function nodeOf(node: NodeMessage, where: string, files: Files): OnnxNode {
  const name = printable(node.name || elementAt([...node.outputs, '?'], 0));
  const at = `${where}, node ${name}`;
  const attributes = new Map<string, OnnxAttribute>();
  for (const attribute of node.attributes) attributes.set(attribute.name, attributeOf(attribute, at, files));
  return {
    name,
    operator: printable(node.operator),
    domain: domainOf(node, at),
    inputs: node.inputs,
    outputs: node.outputs,
    attributes,
  };
}

function portOf(port: PortMessage): OnnxPort {
  const type = elementTypeOf(port.type);
  return {
    name: port.name,
    kind: port.kind,
    ...(type === undefined ? {} : { type }),
    ...(port.shape === undefined ? {} : { shape: port.shape }),
  };
}

function opsetOf(model: ModelMessage, where: string): number {
  let opset = 0;
  for (const { domain, version } of model.opsets) {
    if (domain === '' || domain === 'ai.onnx') opset = version;
    if (domain === 'ai.onnx.ml' && (version < 1 || version > LAST_ML_OPSET)) {
      throw new UnsupportedError(`opset ${version} of ai.onnx.ml`, {
        where,
        hint: `export the model with opset 1 to ${LAST_ML_OPSET} of ai.onnx.ml`,
      });
    }
  }
  // Models of classical estimators alone need not name the other domain.
  if (opset === 0 && model.opsets.some(({ domain }) => domain === 'ai.onnx.ml')) return FIRST_OPSET;
  if (opset >= FIRST_OPSET && opset <= LAST_OPSET) return opset;
  throw new UnsupportedError(`opset ${opset}`, {
    where,
    hint: `export the model with opset ${FIRST_OPSET} to ${LAST_OPSET}`,
  });
}

/** Nodes in an order in which they can be computed (Kahn's algorithm, stable for a file that is in order). */
function sortNodes(nodes: readonly OnnxNode[], known: ReadonlySet<string>, where: string): OnnxNode[] {
  const producer = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const output of node.outputs) {
      if (output === '') continue;
      if (producer.has(output) || known.has(output)) {
        throw new InputError(`the value '${printable(output)}' is made twice`, {
          where: `${where}, node ${node.name}`,
          hint: 'the file is damaged; export the model again',
        });
      }
      producer.set(output, i);
    }
  });
  const waiting = new Int32Array(nodes.length);
  const readers = nodes.map((): number[] => []);
  nodes.forEach((node, i) => {
    for (const input of new Set(node.inputs)) {
      if (input === '' || known.has(input)) continue;
      const source = producer.get(input);
      if (source === undefined) {
        throw new InputError(`the value '${printable(input)}' is made by no node`, {
          where: `${where}, node ${node.name}`,
          hint: 'the file is damaged; export the model again',
        });
      }
      readers[source]?.push(i);
      waiting[i] = (waiting[i] ?? 0) + 1;
    }
  });
  const ready = nodes.flatMap((_, i) => (waiting[i] === 0 ? [i] : []));
  const sorted: OnnxNode[] = [];
  // The list grows while it is walked.
  for (const i of ready) {
    sorted.push(elementAt(nodes, i));
    for (const reader of elementAt(readers, i)) {
      const left = (waiting[reader] ?? 0) - 1;
      waiting[reader] = left;
      if (left === 0) ready.push(reader);
    }
  }
  if (sorted.length === nodes.length) return sorted;
  const stuck = nodes.find((_, i) => (waiting[i] ?? 0) > 0);
  throw new InputError('the graph has a cycle', {
    where: `${where}, node ${stuck?.name ?? '?'}`,
    hint: 'the file is damaged; export the model again',
  });
}

function initialisersOf(graph: GraphMessage, where: string, files: Files): Map<string, OnnxTensor> {
  const initialisers = new Map<string, OnnxTensor>();
  for (const message of graph.initialisers) {
    if (initialisers.has(message.name)) {
      throw new InputError(`the tensor '${printable(message.name)}' is there twice`, { where });
    }
    initialisers.set(message.name, tensorOf(message, where, files));
  }
  return initialisers;
}

/**
 * A checked graph of a decoded model.
 *
 * @param files contents of external files by location
 * @throws InputError for what does not hold together; UnsupportedError for versions, domains and sizes that are not read
 */
export function graphOf(model: ModelMessage, where: string, files: Files): OnnxGraph {
  const { graph } = model;
  if (graph === undefined || graph.outputs.length === 0) {
    throw new InputError('not an ONNX model: it has no graph with an output', {
      where,
      hint: 'export the model again',
    });
  }
  if (graph.sparse > 0) {
    throw new UnsupportedError('sparse initialisers', { where, hint: 'export the model with dense weights' });
  }
  const opset = opsetOf(model, where);
  const initialisers = initialisersOf(graph, where, files);
  const inputs = graph.inputs.filter(({ name }) => !initialisers.has(name)).map(portOf);
  const known = new Set([...initialisers.keys(), ...inputs.map(({ name }) => name)]);
  const nodes = sortNodes(
    graph.nodes.map((node) => nodeOf(node, where, files)),
    known,
    where,
  );
  const made = new Set([...known, ...nodes.flatMap((node) => node.outputs)]);
  for (const { name } of graph.outputs) {
    if (made.has(name)) continue;
    throw new InputError(`the output '${printable(name)}' is made by no node`, {
      where,
      hint: 'the file is damaged; export the model again',
    });
  }
  return { name: printable(graph.name), opset, inputs, outputs: graph.outputs.map(portOf), initialisers, nodes };
}
