import type { LayersModelArtifact } from '@ciphernet/formats';

/** A file beside a model's own, which it names. */
export interface ModelPart {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A model as its file holds it. */
export type ModelSource =
  | { readonly kind: 'onnx'; readonly bytes: Uint8Array; readonly external: readonly ModelPart[] }
  | { readonly kind: 'layers'; readonly artifact: LayersModelArtifact };
