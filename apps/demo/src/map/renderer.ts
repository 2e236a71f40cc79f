// Draws on a canvas with a device that others use, too: a pass of three draws, and no wait.
import mapCode from './map.wgsl';
import { INSTANCE, type Instances } from './scene.ts';
import { COLOURS, STROKE } from './strokes.ts';
import { type Atlas, atlasTexture, checkAtlas, levelsOf, rankTexture } from './textures.ts';
import type { Theme } from './theme.ts';
import type { Size } from './view.ts';

/** What a frame shows. */
export interface Drawing {
  readonly size: Size;
  /** Device pixels for each CSS pixel. */
  readonly ratio: number;
  readonly instances: Instances;
  /** [strokes, STROKE], over most images. */
  readonly arrow: Float32Array<ArrayBuffer>;
  /** [strokes, STROKE], over everything. */
  readonly lasso: Float32Array<ArrayBuffer>;
}

export interface Renderer {
  /** Does nothing once the device is lost. */
  draw(drawing: Drawing): void;
  dispose(): void;
}

/** Six numbers, two to fill up, and the colours: Frame of map.wgsl. */
const FRAME = 8 + 4 * Object.keys(COLOURS).length;

/**
 * @param count of pictures
 * @throws RangeError as `checkAtlas`
 */
export function createRenderer(
  canvas: HTMLCanvasElement,
  device: GPUDevice,
  atlas: Atlas,
  count: number,
  theme: Theme,
): Renderer {
  checkAtlas(atlas, count, device);
  const context = canvas.getContext('webgpu');
  if (!context) throw new Error('the canvas of a map must not have a context of another kind');
  const format = navigator.gpu.getPreferredCanvasFormat();
  context.configure({ device, format, alphaMode: 'opaque' });
  let isLost = false;
  void device.lost.then(() => {
    isLost = true;
  });

  const module = device.createShaderModule({ code: mapCode, label: 'map' });
  const [VERTEX, FRAGMENT] = [GPUShaderStage.VERTEX, GPUShaderStage.FRAGMENT];
  const bindLayout = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: VERTEX | FRAGMENT, buffer: {} },
      { binding: 1, visibility: FRAGMENT, texture: {} },
      { binding: 2, visibility: FRAGMENT, texture: {} },
      { binding: 3, visibility: FRAGMENT, sampler: {} },
    ],
  });
  const pipelineOf = (name: 'image' | 'stroke') =>
    device.createRenderPipeline({
      label: `map: ${name}`,
      layout: device.createPipelineLayout({ bindGroupLayouts: [bindLayout] }),
      vertex: { module, entryPoint: `${name}Vertex`, buffers: [eightFloats] },
      fragment: { module, entryPoint: `${name}Fragment`, targets: [{ format, blend: { color: OVER, alpha: OVER } }] },
      primitive: { topology: 'triangle-strip' },
    });
  const [images, strokes] = [pipelineOf('image'), pipelineOf('stroke')];
  const frame = device.createBuffer({
    label: 'map: frame',
    size: 4 * FRAME,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  const textures = [atlasTexture(device, atlas, count), rankTexture(device, theme.font)];
  const sampler = device.createSampler({ magFilter: 'linear', minFilter: 'linear', mipmapFilter: 'linear' });
  const bound = device.createBindGroup({
    layout: bindLayout,
    entries: [
      { binding: 0, resource: { buffer: frame } },
      { binding: 1, resource: textures[0].createView() },
      { binding: 2, resource: textures[1].createView() },
      { binding: 3, resource: sampler },
    ],
  });
  const [imageData, arrowData, lassoData] = ['images', 'arrow', 'lasso'].map((name) => growing(device, name));

  return {
    draw({ size, ratio, instances, arrow, lasso }) {
      if (isLost || canvas.width === 0 || canvas.height === 0) return;
      const numbers = [size.width, size.height, ratio, atlas.tile, atlas.columns, levelsOf(atlas), 0, 0];
      device.queue.writeBuffer(frame, 0, Float32Array.of(...numbers, ...theme.colours));
      const encoder = device.createCommandEncoder({ label: 'map' });
      const [r, g, b, a] = theme.colours;
      const view = context.getCurrentTexture().createView();
      const pass = encoder.beginRenderPass({
        colorAttachments: [{ view, clearValue: { r, g, b, a }, loadOp: 'clear', storeOp: 'store' }],
      });
      pass.setBindGroup(0, bound);
      const { below, all } = instances;
      const drawInstances = (pipeline: GPURenderPipeline, buffer: GPUBuffer, first: number, end: number) => {
        if (end === first) return;
        pass.setPipeline(pipeline);
        pass.setVertexBuffer(0, buffer);
        pass.draw(4, end - first, 0, first);
      };
      const imageBuffer = imageData.filled(instances.data.subarray(0, INSTANCE * all));
      drawInstances(images, imageBuffer, 0, below);
      drawInstances(strokes, arrowData.filled(arrow), 0, arrow.length / STROKE);
      drawInstances(images, imageBuffer, below, all);
      drawInstances(strokes, lassoData.filled(lasso), 0, lasso.length / STROKE);
      pass.end();
      device.queue.submit([encoder.finish()]);
    },
    dispose() {
      context.unconfigure();
      for (const made of [frame, ...textures, imageData, arrowData, lassoData]) made.destroy();
    },
  };
}

/** What two vec4f of an instance are: INSTANCE and STROKE alike. */
const eightFloats: GPUVertexBufferLayout = {
  arrayStride: 32,
  stepMode: 'instance',
  attributes: [
    { shaderLocation: 0, offset: 0, format: 'float32x4' },
    { shaderLocation: 1, offset: 16, format: 'float32x4' },
  ],
};

/** Colours are premultiplied. */
const OVER: GPUBlendComponent = { srcFactor: 'one', dstFactor: 'one-minus-src-alpha' };

/** A vertex buffer that is made anew, larger, when what it is filled with has outgrown it. */
function growing(device: GPUDevice, name: string) {
  let buffer: GPUBuffer | undefined;
  return {
    filled(data: Float32Array<ArrayBuffer>): GPUBuffer {
      if (!buffer || buffer.size < data.byteLength) {
        buffer?.destroy();
        const size = 2 ** Math.ceil(Math.log2(data.byteLength + 1024));
        const usage = GPUBufferUsage.VERTEX | GPUBufferUsage.COPY_DST;
        buffer = device.createBuffer({ label: `map: ${name}`, size, usage });
      }
      device.queue.writeBuffer(buffer, 0, data);
      return buffer;
    },
    destroy: () => buffer?.destroy(),
  };
}
