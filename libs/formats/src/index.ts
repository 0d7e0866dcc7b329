export { parseIdx, readIdxBytes } from './datasets/idx.js';
export { type LayersModelArtifact, type WeightSpec, artifactFromFiles, modelJsonOf } from './models/tfjs/artifact.js';
export { type ModelFolder, modelFolders, readModelFolder } from './models/tfjs/folder.js';
export { networkFromLayersModel } from './models/tfjs/read-network.js';
export { networkToLayersModel } from './models/tfjs/write-network.js';
