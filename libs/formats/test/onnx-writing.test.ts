import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { ModelProtoSchema } from 'onnx-buf';
import { onnxFromBytes } from '../src/models/onnx/read-onnx.js';
import { type WrittenModel, onnxToBytes, onnxWithOutput } from '../src/models/onnx/write-onnx.js';

const MODEL: WrittenModel = {
  name: 'net',
  producer: 'ciphernet',
  input: { name: 'x', shape: [1, 28, 28] },
  outputs: [{ name: 'scores', shape: [300] }, { name: 'named' }],
  constants: new Map([
    ['w', { dims: [2, 2], values: Float32Array.of(1, -2, 0.5, 1e-7) }],
    ['shape', { dims: [3], values: { integers: [-1, 0, 2 ** 40] } }],
  ]),
  nodes: [
    {
      name: 'conv',
      operator: 'Conv',
      inputs: ['x', 'w'],
      outputs: ['scores'],
      attributes: { pads: { integers: [0, 1, 200, 70000] }, alpha: { float: 0.25 }, group: { integer: -3 } },
    },
    {
      name: 'map',
      operator: 'ZipMap',
      domain: 'ai.onnx.ml',
      inputs: ['scores'],
      outputs: ['named'],
      attributes: { classlabels_strings: { texts: ['größer', 'b'] } },
    },
  ],
  metadata: new Map([['key', 'value']]),
};

describe('writing ONNX', () => {
  it('gives what our reader reads: nodes, attributes, constants, ports and metadata', () => {
    const { graph, producer, metadata } = onnxFromBytes(onnxToBytes(MODEL), 'net.onnx');
    expect([producer, [...metadata], graph.opset]).toEqual(['ciphernet', [['key', 'value']], 15]);
    expect(graph.inputs).toEqual([{ name: 'x', kind: 'tensor', type: 'float32', shape: [undefined, 1, 28, 28] }]);
    expect(graph.outputs[0]).toMatchObject({ name: 'scores', shape: [undefined, 300] });
    expect(graph.initialisers.get('w')).toMatchObject({ dims: [2, 2], values: Float32Array.of(1, -2, 0.5, 1e-7) });
    expect([...(graph.initialisers.get('shape')?.values ?? [])]).toEqual([-1, 0, 2 ** 40]);
    const [conv, map] = graph.nodes;
    expect([...(conv?.attributes ?? [])]).toEqual([
      ['pads', { kind: 'numbers', value: [0, 1, 200, 70000] }],
      ['alpha', { kind: 'number', value: 0.25 }],
      ['group', { kind: 'number', value: -3 }],
    ]);
    expect([map?.domain, map?.attributes.get('classlabels_strings')]).toEqual([
      'ai.onnx.ml',
      { kind: 'texts', value: ['größer', 'b'] },
    ]);
  });

  it('gives what a general parser of protocol buffers reads', () => {
    const { irVersion, opsetImport, graph } = fromBinary(ModelProtoSchema, onnxToBytes(MODEL));
    expect([irVersion, opsetImport.map(({ domain, version }) => [domain, version])]).toEqual([
      8n,
      [
        ['', 15n],
        ['ai.onnx.ml', 2n],
      ],
    ]);
    expect(graph?.node.map(({ opType, input }) => [opType, input])).toEqual([
      ['Conv', ['x', 'w']],
      ['ZipMap', ['scores']],
    ]);
    expect(graph?.initializer.map(({ dims }) => dims)).toEqual([[2n, 2n], [3n]]);
  });

  it('appends an output to a model that is there already', () => {
    const { graph } = fromBinary(ModelProtoSchema, onnxWithOutput(onnxToBytes(MODEL), 'inner'));
    expect(graph?.output.map(({ name }) => name)).toEqual(['scores', 'named', 'inner']);
    expect(graph?.node).toHaveLength(2);
  });
});
