// Tests run in threads, whose environment is a copy: what native code asks for must be set before.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

export default {
  files: ['{core,plugins/*,presets/*,adapters/*,test}/dist/**/*.test.js'],
  nodeArguments: ['--enable-source-maps'],
  concurrency: 2,
  timeout: '5m',
};
