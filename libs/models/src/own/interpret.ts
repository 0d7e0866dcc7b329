import { type Circuit, circuitFromOnnx, lower } from '@ciphernet/compiler';
import { finalActivation, networkFromLayersModel, onnxFromBytes } from '@ciphernet/formats';
import { lastOf } from '@ciphernet/foundation';
import { evaluateNetwork } from '@ciphernet/network';
import type { ModelAnswers } from '../model-store.js';
import { conversionNote, convertedFromOf } from './converted.js';
import type { ModelSource } from './model-source.js';
import { type OnnxInput, openOnnxRuntime } from './onnx-runtime.js';

/** A model of a file, and what it gives: it reads values as its author's data has them. */
export interface InterpretedModel {
  readonly circuit: Circuit;
  readonly outputs: number;
  readonly answers: ModelAnswers;
  /** Height, width, channels where the model reads images. */
  readonly image?: { readonly height: number; readonly width: number; readonly channels: number };
  /** Digest of the file that it was converted from, where its file says so. */
  readonly convertedFrom?: string;
  /** Opens the model in a runtime of its format that shares no code with the circuit. */
  openRuntime(): Promise<PlainRuntime>;
}

/** A model in an independent runtime. */
export interface PlainRuntime {
  readonly name: string;
  /** What it applies to its outputs at last, undone as far as single precision allows. */
  readonly head: ModelAnswers['link'];
  /** @param values count × inputs, images by rows with channels innermost @returns count × outputs */
  run(values: Float32Array): Promise<Float32Array>;
  /** Gives its memory back. */
  close(): Promise<void>;
}

function interpretOnnx({ bytes, external }: Extract<ModelSource, { kind: 'onnx' }>, name: string): InterpretedModel {
  const { graph, metadata } = onnxFromBytes(bytes, name, new Map(external.map((part) => [part.name, part.bytes])));
  const { circuit, input, outputs, scores, link, classes, task, notes } = circuitFromOnnx(graph, name);
  const [channels = 1, height = 1, width = 1] =
    input.layout === 'nchw' ? input.shape : [input.shape[2], input.shape[0], input.shape[1]];
  const runtimeInput: OnnxInput = {
    ...input,
    outputs,
    scores: {
      ...scores,
      isOutput: graph.outputs.some(({ name: output, kind }) => output === scores.name && kind === 'tensor'),
    },
    head: scores.hasHead ? link : 'identity',
    batch: graph.inputs[0]?.shape?.[0],
  };
  const convertedFrom = convertedFromOf(metadata);
  return {
    circuit,
    outputs,
    ...(convertedFrom === undefined ? {} : { convertedFrom }),
    answers: {
      link,
      notes: convertedFrom === undefined ? notes : [conversionNote(convertedFrom), ...notes],
      ...(classes === undefined ? {} : { classes }),
      ...(task === 'unknown' ? {} : { task }),
    },
    ...(input.layout === 'flat' ? {} : { image: { height, width, channels } }),
    openRuntime: () => openOnnxRuntime(bytes, external, runtimeInput),
  };
}

/**
 * Reads a model of a file as a circuit over the values that its author's data has.
 *
 * @param name of the model, for errors
 * @throws InputError for a damaged file, UnsupportedError naming what cannot be evaluated under encryption
 */
export function interpretModel(source: ModelSource, name: string): InterpretedModel {
  if (source.kind === 'onnx') return interpretOnnx(source, name);
  const network = networkFromLayersModel(source.artifact);
  const circuit = lower(network);
  const outputs = lastOf(circuit.maps).outputs;
  const { input } = network;
  return {
    circuit,
    outputs,
    // Without an activation at the end a single output is a score, and several are logits.
    answers: { link: finalActivation(source.artifact) ?? (outputs === 1 ? 'score' : 'softmax'), notes: [] },
    ...(input.height * input.width === 1 ? {} : { image: input }),
    openRuntime: () =>
      Promise.resolve({
        name: 'float network',
        head: 'identity',
        run: (values) => Promise.resolve(evaluateNetwork(network, values)),
        close: () => Promise.resolve(),
      }),
  };
}
