// A GPU for tests where there is none: SwiftShader, a Vulkan driver on the processor, which Debian's chromium brings.
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';

const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

function hasGpu() {
  const devices = existsSync('/dev/dri') ? readdirSync('/dev/dri') : [];
  return existsSync('/dev/nvidiactl') || devices.some((name) => name.startsWith('renderD'));
}

/** Variables for Vulkan's loader; none where a driver is named already, there is a GPU, or there is no SwiftShader. */
export function softwareGpu(environment) {
  const isNamed = environment.VK_DRIVER_FILES !== undefined || environment.VK_ICD_FILENAMES !== undefined;
  if (isNamed || hasGpu() || !existsSync(DRIVER)) return {};
  // Without a runtime folder SwiftShader finds no place for its files.
  return { VK_DRIVER_FILES: DRIVER, XDG_RUNTIME_DIR: environment.XDG_RUNTIME_DIR ?? tmpdir() };
}
