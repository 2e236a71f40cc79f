// Loaded before the page by `--profile`: notes when each of the calls that a start waits for began and ended, in
// milliseconds from navigation.
globalThis.trace = [];

for (const [owner, name, label] of [
  [globalThis, 'fetch', (url) => url],
  [Blob.prototype, 'arrayBuffer'],
  [GPU.prototype, 'requestAdapter'],
  [GPUAdapter.prototype, 'requestDevice'],
  [GPUDevice.prototype, 'createShaderModule', (descriptor) => descriptor.label],
  [GPUDevice.prototype, 'createComputePipelineAsync', (descriptor) => descriptor.label],
  [GPUDevice.prototype, 'popErrorScope'],
  [GPUQueue.prototype, 'writeBuffer'],
  [GPUQueue.prototype, 'submit'],
  [GPUQueue.prototype, 'onSubmittedWorkDone'],
  [GPUBuffer.prototype, 'mapAsync'],
]) {
  const original = owner[name];
  owner[name] = function (...args) {
    const event = { name, label: label?.(...args) ?? '', start: performance.now() };
    globalThis.trace.push(event);
    const result = original.apply(this, args);
    event.end = performance.now();
    if (result instanceof Promise) {
      const settle = () => {
        event.end = performance.now();
      };
      result.then(settle, settle);
    }
    return result;
  };
}
