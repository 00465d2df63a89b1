export default {
  files: ['{core,plugins/*,presets/*,adapters/*,test}/dist/**/*.test.js'],
  nodeArguments: ['--enable-source-maps'],
  concurrency: 2,
  timeout: '5m',
};
