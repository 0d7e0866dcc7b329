export { CHROMIUM_ARGS, chromiumPath } from './chromium.js';
export { type CliProcesses, type CliResult, cliProcesses, runCli, startCli, untilSays } from './cli.js';
export { idxFile } from './idx-file.js';
export { type LabelledImages, writeImageFolder } from './image-folder.js';
export { type PngImage, plainPng, pngChunk, pngFile } from './png-file.js';
export { recordedModules, recordingArguments } from './recorded-modules.js';
export { type TestRedis, freePort, hasRedisServer, startRedis } from './redis-server.js';
export { S3_CREDENTIALS, type TestS3, s3Url, startS3 } from './s3-server.js';
export { temporaryFolder } from './temporary-folder.js';
