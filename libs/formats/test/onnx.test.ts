import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { InputError, UnsupportedError } from '@ciphernet/foundation';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType as Type,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { onnxFromBytes, readOnnx } from '../src/models/onnx/read-onnx.js';

const tensor = (fields: Partial<Omit<TensorProto, '$typeName'>>): TensorProto =>
  create(TensorProtoSchema, { name: 'w', ...fields });

const bytesOf = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);
const float32 = (...values: number[]): Uint8Array<ArrayBuffer> => new Uint8Array(Float32Array.from(values).buffer);

const W = tensor({ dims: [2n], dataType: Type.FLOAT, rawData: float32(1, 2) });
const node = (op: string, input: string[], output: string[], domain = '') =>
  create(NodeProtoSchema, { name: `${op}_${output.join('_')}`, opType: op, input, output, domain });

function model(
  graph: Partial<Omit<GraphProto, '$typeName'>> = {},
  more: Partial<Omit<ModelProto, '$typeName'>> = {},
): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'test',
      producerVersion: '1.0',
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 17n })],
      graph: create(GraphProtoSchema, {
        name: 'graph',
        input: [create(ValueInfoProtoSchema, { name: 'x' })],
        output: [create(ValueInfoProtoSchema, { name: 'y' })],
        initializer: [W],
        node: [node('Add', ['x', 'w'], ['y'])],
        ...graph,
      }),
      ...more,
    }),
  );
}

const read = (bytes: Uint8Array) => onnxFromBytes(bytes, 'net.onnx');

describe('reading ONNX', () => {
  it.each<[string, Partial<Omit<TensorProto, '$typeName'>>, string, number[]]>([
    ['float32, raw', { dataType: Type.FLOAT, rawData: float32(1.5, -2) }, 'float32', [1.5, -2]],
    ['float32, typed', { dataType: Type.FLOAT, floatData: [1.5, -2] }, 'float32', [1.5, -2]],
    [
      'float64, raw',
      { dataType: Type.DOUBLE, rawData: new Uint8Array(Float64Array.of(1.5, -2).buffer) },
      'float64',
      [1.5, -2],
    ],
    ['float64, typed', { dataType: Type.DOUBLE, doubleData: [1.5, -2] }, 'float64', [1.5, -2]],
    ['float16, raw', { dataType: Type.FLOAT16, rawData: bytesOf(0, 0x3e, 1, 0x80) }, 'float16', [1.5, -(2 ** -24)]],
    ['float16, typed', { dataType: Type.FLOAT16, int32Data: [0x3e00, 0xfc00] }, 'float16', [1.5, -Infinity]],
    ['bfloat16, raw', { dataType: Type.BFLOAT16, rawData: bytesOf(0xc0, 0x3f, 0, 0xc0) }, 'bfloat16', [1.5, -2]],
    [
      'int64, raw',
      { dataType: Type.INT64, rawData: new Uint8Array(BigInt64Array.of(7n, -9n).buffer) },
      'int64',
      [7, -9],
    ],
    ['int64, typed', { dataType: Type.INT64, int64Data: [2n ** 40n, -9n] }, 'int64', [2 ** 40, -9]],
    ['int32, raw', { dataType: Type.INT32, rawData: new Uint8Array(Int32Array.of(7, -9).buffer) }, 'int32', [7, -9]],
    ['int32, typed', { dataType: Type.INT32, int32Data: [7, -9] }, 'int32', [7, -9]],
    ['int8, raw', { dataType: Type.INT8, rawData: bytesOf(7, 0xf7) }, 'int8', [7, -9]],
    ['uint8, raw', { dataType: Type.UINT8, rawData: bytesOf(7, 0xf7) }, 'uint8', [7, 247]],
    ['bool, raw', { dataType: Type.BOOL, rawData: bytesOf(1, 0) }, 'bool', [1, 0]],
    ['bool, typed', { dataType: Type.BOOL, int32Data: [0, 1] }, 'bool', [0, 1]],
  ])('gives the values of %s', (_, fields, type, values) => {
    const { graph } = read(model({ initializer: [tensor({ dims: [2n], ...fields })] }));
    const found = graph.initialisers.get('w');
    expect(found?.type).toBe(type);
    expect([...(found?.values ?? [])]).toEqual(values);
  });

  it('gives nodes in an order in which they can be computed, and what wrote the file', () => {
    const nodes = [node('Add', ['a', 'w'], ['y']), node('Neg', ['x'], ['a'])];
    const { graph, producer } = read(model({ node: nodes }));
    expect(graph.nodes.map(({ operator }) => operator)).toEqual(['Neg', 'Add']);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(graph.opset).toBe(17);
    expect(producer).toBe('test 1.0');
  });

  it('is not misled by a buffer that is part of a larger one', () => {
    const whole = Buffer.concat([Buffer.from('abc'), model()]);
    expect([...(read(whole.subarray(3)).graph.initialisers.get('w')?.values ?? [])]).toEqual([1, 2]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['no bytes', new Uint8Array(0), /^not an ONNX model: it has no graph/],
    ['text', new TextEncoder().encode('{"model": 1}'), /^not an ONNX file: /],
    ['a truncated file', model().slice(0, -9), /^not an ONNX file: a field is longer than the file/],
    ['a cycle', model({ node: [node('Add', ['x', 'y'], ['a']), node('Neg', ['a'], ['y'])] }), /^the graph has a cycle/],
    ['a node that reads itself', model({ node: [node('Add', ['x', 'y'], ['y'])] }), /^the graph has a cycle/],
    [
      'a value that is made twice',
      model({ node: [node('Neg', ['x'], ['y']), node('Neg', ['x'], ['y'])] }),
      /^the value 'y' is made twice/,
    ],
    ['a value that nobody makes', model({ node: [node('Neg', ['q'], ['y'])] }), /^the value 'q' is made by no node/],
    ['an output that nobody makes', model({ node: [] }), /^the output 'y' is made by no node/],
    ['a tensor that is there twice', model({ initializer: [W, W] }), /^the tensor 'w' is there twice/],
    ['forged dimensions', model({ initializer: [{ ...W, dims: [1000n] }] }), /^8 bytes for shape 1000/],
    ['negative dimensions', model({ initializer: [{ ...W, dims: [-2n] }] }), /^shape -2 is out of range/],
    [
      'too few typed values',
      model({ initializer: [tensor({ dims: [3n], dataType: Type.INT64, int64Data: [1n] })] }),
      /^1 values for shape 3/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
    expect(() => read(bytes)).toThrow(InputError);
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      'a billion weights, before memory is taken',
      model({ initializer: [{ ...W, dims: [1000n, 1000n, 1000n] }] }),
      /^1\.0e\+9 weights in one tensor/,
    ],
    [
      'an element type without a name',
      model({ initializer: [{ ...W, dataType: Type.COMPLEX64 }] }),
      /^element type 14/,
    ],
    [
      'an old opset',
      model({}, { opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 6n })] }),
      /^opset 6 .* with opset 7 to 25$/,
    ],
    [
      'a later opset',
      model({}, { opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 99n })] }),
      /^opset 99/,
    ],
    [
      "a vendor's operator",
      model({ node: [node('FusedGemm', ['x'], ['y'], 'com.microsoft')] }),
      /^FusedGemm is of the domain 'com\.microsoft'/,
    ],
  ])('does not read %s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
    expect(() => read(bytes)).toThrow(UnsupportedError);
  });

  it('bounds what two bytes a message can make', () => {
    const nodes = new Uint8Array(2 * 2 ** 20);
    for (let i = 0; i < nodes.length; i += 2) nodes[i] = 0x0a;
    const length = [0x80, 0x80, 0x80, 0x01];
    expect(() => read(Uint8Array.from([0x3a, ...length, ...nodes]))).toThrow(/^too many nodes and tensors/);
  });

  it('throws nothing but its own errors on damaged files', () => {
    const whole = model();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (edits) => {
          const bytes = whole.slice();
          for (const [at, value] of edits) bytes[at] = value;
          try {
            read(bytes);
          } catch (error) {
            if (!(error instanceof InputError || error instanceof UnsupportedError)) throw error;
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('weights outside of the file', () => {
  const external = (location: string, more: Readonly<Record<string, string>> = {}): Uint8Array =>
    model({
      initializer: [
        tensor({
          dims: [2n],
          dataType: Type.FLOAT,
          dataLocation: TensorProto_DataLocation.EXTERNAL,
          externalData: Object.entries({ location, ...more }).map(([key, value]) => ({
            $typeName: 'onnx.StringStringEntryProto' as const,
            key,
            value,
          })),
        }),
      ],
    });

  async function written(folder: { readonly path: string }, bytes: Uint8Array): Promise<string> {
    const path = join(folder.path, 'net.onnx');
    await writeFile(path, bytes);
    return path;
  }

  it('are read from the folder of the model, at their offset', async () => {
    await using folder = await temporaryFolder();
    const path = await written(folder, external('net.onnx.data', { offset: '4', length: '8' }));
    await writeFile(join(folder.path, 'net.onnx.data'), float32(9, 1.5, -2));
    const { graph } = await readOnnx(path);
    expect([...(graph.initialisers.get('w')?.values ?? [])]).toEqual([1.5, -2]);
  });

  it.each(['../secret', '/etc/passwd', 'a/../../secret', '..\\secret', 'C:\\secret', '', 'a\0b'])(
    "are not read from '%s', outside of it",
    async (location) => {
      await using folder = await temporaryFolder();
      const path = await written(folder, external(location));
      await expect(readOnnx(path)).rejects.toThrow(/outside of the model's folder/);
    },
  );

  it('are not read through a link', async () => {
    await using folder = await temporaryFolder();
    const path = await written(folder, external('data'));
    await symlink('/etc/passwd', join(folder.path, 'data'));
    await expect(readOnnx(path)).rejects.toThrow(/symbolic link/);
    await written(folder, external('sub/data'));
    await mkdir(join(folder.path, 'sub'));
    await expect(readOnnx(path)).rejects.toThrow(/put the file beside the model/);
  });

  it('name the file that is missing, and one that is too short', async () => {
    await using folder = await temporaryFolder();
    const path = await written(folder, external('net.onnx.data'));
    await expect(readOnnx(path)).rejects.toThrow(
      /^no such file \[.*net\.onnx\.data\] — the values of tensor w lie in it/,
    );
    expect(() => read(external('net.onnx.data'))).toThrow(/^its values lie in 'net\.onnx\.data', which is missing/);
    await writeFile(join(folder.path, 'net.onnx.data'), float32(1));
    await expect(readOnnx(path)).rejects.toThrow(/^8 bytes are not at offset 0 of 'net\.onnx\.data', which has 4/);
  });

  it('say what is missing when the model itself is', async () => {
    await using folder = await temporaryFolder();
    await expect(readOnnx(join(folder.path, 'no.onnx'))).rejects.toThrow(/^no such file/);
    await expect(readOnnx(folder.path)).rejects.toThrow(InputError);
  });
});
