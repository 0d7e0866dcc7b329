import { InputError, UnsupportedError, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';

/** A layer as Keras wrote it. */
export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Its place among all layers of the model, which Keras 3 names its weights by. */
  readonly position: number;
  /** True for a product of a value with itself. */
  readonly isProductWithItself: boolean;
}

/** A model that is a chain of layers. */
export interface KerasChain {
  readonly name: string;
  /** In the order in which values pass through them. */
  readonly layers: readonly KerasLayer[];
  /** Classes of all layers, in the order of the file. */
  readonly classes: readonly string[];
  /** What a Sequential without a layer of inputs says of them, with the batch first. */
  readonly inputShape: unknown;
}

const MOST_LAYERS = 500;
const text = z.string().min(1).max(200);
const layerSchema = z.looseObject({
  class_name: text,
  name: text.optional(),
  config: z.looseObject({ name: text.optional() }),
  inbound_nodes: z.array(z.unknown()).max(MOST_LAYERS).optional(),
});
type LayerJson = z.infer<typeof layerSchema>;
const layersSchema = z.array(layerSchema).min(1).max(MOST_LAYERS);
const modelSchema = z.looseObject({ class_name: text, config: z.unknown() });
const sequentialSchema = z.looseObject({
  name: text.optional(),
  layers: layersSchema,
  build_input_shape: z.unknown().optional(),
});
const functionalSchema = z.looseObject({ name: text.optional(), layers: layersSchema, output_layers: z.unknown() });

const CHAIN_HINT = 'only a chain of layers is read: one input, one output, no branches';

function kerasLayers(json: readonly LayerJson[], where: string): KerasLayer[] {
  const names = new Set<string>();
  return json.map((layer, position) => {
    const name = layer.config.name ?? layer.name ?? `${layer.class_name}_${position}`;
    if (names.has(name)) throw new InputError(`two layers are named ${name}`, { where, hint: 'save the model again' });
    names.add(name);
    return { className: layer.class_name, name, config: layer.config, position, isProductWithItself: false };
  });
}

/** Names of layers in references of any version: `[name, node, tensor]` and tensors with a history, however deep in lists. */
function referencesIn(value: unknown, found: string[] = [], depth = 0): string[] {
  if (depth > 10 || found.length > MOST_LAYERS || typeof value !== 'object' || value === null) return found;
  if (Array.isArray(value)) {
    if (typeof value[0] === 'string' && typeof value[1] === 'number') found.push(value[0]);
    else for (const item of value) referencesIn(item, found, depth + 1);
    return found;
  }
  const { class_name: className, config, args, kwargs } = value as Record<string, unknown>;
  if (className === '__keras_tensor__') {
    return referencesIn((config as Record<string, unknown> | undefined)?.['keras_history'], found, depth + 1);
  }
  referencesIn(args, found, depth + 1);
  for (const item of Object.values(kwargs ?? {})) referencesIn(item, found, depth + 1);
  return found;
}

function functionalChain(config: unknown, where: string): Omit<KerasChain, 'classes'> {
  const { name = 'model', layers: json, output_layers: outputs } = parseOrThrow(functionalSchema, config, where);
  const all = new Map(kerasLayers(json, where).map((layer) => [layer.name, layer]));
  const refuse = (what: string, layer?: string): never => {
    throw new UnsupportedError(what, { where: layer === undefined ? where : `layer ${layer}`, hint: CHAIN_HINT });
  };
  const ends = referencesIn(outputs);
  if (ends.length !== 1) refuse(`a model with ${ends.length} outputs`);
  const layers: KerasLayer[] = [];
  const seen = new Set<string>();
  for (let next = ends[0]; next !== undefined;) {
    const layer = all.get(next);
    if (layer === undefined || seen.has(next)) {
      throw new InputError(`the graph leads to layer ${next}, which is not there or was passed before`, {
        where,
        hint: 'save the model again',
      });
    }
    seen.add(next);
    const nodes = json[layer.position]?.inbound_nodes ?? [];
    if (nodes.length > 1) refuse('it is used in several places', layer.name);
    const sources = referencesIn(nodes);
    const isProductWithItself = layer.className === 'Multiply' && sources.length === 2 && new Set(sources).size === 1;
    if (new Set(sources).size > 1 || (sources.length > 1 && !isProductWithItself)) {
      refuse(`${layer.className} joins ${sources.length} branches`, layer.name);
    }
    layers.unshift({ ...layer, isProductWithItself });
    next = sources[0];
  }
  const aside = [...all.keys()].find((layer) => !seen.has(layer));
  if (aside !== undefined) refuse('it lies beside the way from the input to the output', aside);
  return { name, layers, inputShape: undefined };
}

/**
 * The layers of a model's configuration, for both versions of Keras and both kinds of models.
 *
 * @param where names the file in errors
 * @throws UnsupportedError for subclassed models and branches, InputError for a configuration that does not hold together
 */
export function chainOf(json: unknown, where: string): KerasChain {
  const model = parseOrThrow(modelSchema, json, where, 'it is no configuration of a Keras model');
  if (model.class_name === 'Sequential') {
    // Keras before 2.2 wrote the layers without a name around them.
    const config = Array.isArray(model.config) ? { layers: model.config as unknown[] } : model.config;
    const parsed = parseOrThrow(sequentialSchema, config, where);
    return {
      name: parsed.name ?? 'sequential',
      layers: kerasLayers(parsed.layers, where),
      classes: parsed.layers.map((layer) => layer.class_name),
      inputShape: parsed.build_input_shape,
    };
  }
  if (model.class_name === 'Functional' || model.class_name === 'Model') {
    const chain = functionalChain(model.config, where);
    const { layers } = parseOrThrow(functionalSchema, model.config, where);
    return { ...chain, classes: layers.map((layer) => layer.class_name) };
  }
  throw new UnsupportedError(
    `a model of class ${model.class_name}: what it computes stands in code, which is not run`,
    {
      where,
      hint: 'build it as Sequential, or export it as ONNX',
    },
  );
}
