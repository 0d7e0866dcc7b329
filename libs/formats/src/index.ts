export { type ByteSource, bytesSource } from './datasets/byte-source.js';
export { type FileFormat, detectFormat } from './datasets/detect-format.js';
export { idxOf, parseIdx, readIdxBytes } from './datasets/idx.js';
export { parseNumberLines, readNumberLines } from './datasets/number-lines.js';
export { decodeImage, decoderIdentity, planDecoding } from './datasets/images/decode.js';
export { type ImageFolder, listImageFolder } from './datasets/images/folder.js';
export type { ImageEntry } from './datasets/images/image-entry.js';
export { type ImageListOptions, isImageList, readImageList } from './datasets/images/list.js';
export { DECODE_LIMITS, type DecodeLimits, type Pixels } from './datasets/images/pixels.js';
export { type ImageBlock, type ReadImagesOptions, readImages } from './datasets/images/read-images.js';
export {
  type ImageShape,
  type ImageTransform,
  transformPixels,
  transformedImageShape,
} from './datasets/images/transform.js';
export { type ArrayBlock, type ArrayFile, npyOf, openNpy } from './datasets/numpy/array-file.js';
export { npzOf, openNpz } from './datasets/numpy/npz.js';
export { openTable, tableOf } from './datasets/tables/open-table.js';
export { type Table, type TableBlock, type TableColumn, type TableOptions } from './datasets/tables/table.js';
export { type LayersModelArtifact, type WeightSpec, artifactFromFiles, modelJsonOf } from './models/tfjs/artifact.js';
export { type ModelFolder, modelFolders, readModelFolder } from './models/tfjs/folder.js';
export { finalActivation } from './models/tfjs/final-activation.js';
export { networkFromLayersModel } from './models/tfjs/read-network.js';
export { networkToLayersModel } from './models/tfjs/write-network.js';
export { kerasFromBytes, readKeras } from './models/keras/read-keras.js';
export type {
  ElementType,
  OnnxAttribute,
  OnnxFile,
  OnnxGraph,
  OnnxNode,
  OnnxPort,
  OnnxTensor,
} from './models/onnx/graph.js';
export { type OnnxFiles, onnxFromBytes, readOnnx, readOnnxFiles } from './models/onnx/read-onnx.js';
export {
  type WrittenConstant,
  type WrittenModel,
  type WrittenNode,
  onnxToBytes,
  onnxWithOutput,
} from './models/onnx/write-onnx.js';
