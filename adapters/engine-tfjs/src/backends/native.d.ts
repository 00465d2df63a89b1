/** What is used of the native packages, which may not be installed. */
declare module '@tensorflow/tfjs-node' {
  const tf: import('./load-backend.js').NativeTf;
  export default tf;
}
declare module '@tensorflow/tfjs-node-gpu' {
  const tf: import('./load-backend.js').NativeTf;
  export default tf;
}
