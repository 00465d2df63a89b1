/**
 * What onnxruntime and the libraries of devices ask of the environment of the process when they are loaded. What is set
 * already stays.
 */
export const loadEnvironment = (env: NodeJS.ProcessEnv = process.env): Readonly<Record<string, string>> => ({
  // It would send telemetry and leave its files in the temporary folder.
  ORT_DISABLE_TELEMETRY: env.ORT_DISABLE_TELEMETRY ?? '1',
  // Products of CUDA would be made with the 10 bits of TF32: gradients would miss what is asked of every device.
  NVIDIA_TF32_OVERRIDE: env.NVIDIA_TF32_OVERRIDE ?? '0',
});
