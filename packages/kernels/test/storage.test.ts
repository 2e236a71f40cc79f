// What the engine makes of a kernel for tensors stored in one way or another.
import { describe, expect, it } from 'vitest';
import { dispatch } from '../src/engine/kernel.ts';
import { withStorage } from '../src/engine/storage.ts';
import { type DType, stored } from '../src/index.ts';
import { castKernel } from '../src/ops/cast/cast.wgsl.ts';
import { fillKernel } from '../src/ops/fill/fill.wgsl.ts';

const tensor = (dtype: DType) => stored('tensor', undefined, [2, 4], dtype);

describe('a kernel that takes tensors in any storage', () => {
  const { code } = castKernel;

  it('is made for floats or for halves, binding by binding', () => {
    const mixed = withStorage(code, { x: 'f16', y: 'f32' });
    expect(mixed).toContain('var<storage, read> x: array<vec2u>;');
    expect(mixed).toContain('var<storage, read_write> y: array<vec4f>;');
    expect(mixed).not.toContain('stored4');
  });

  it('has a reader for what it may read, and a writer only for what it may write', () => {
    const floats = withStorage(code, { x: 'f32', y: 'f32' });
    expect(floats).toContain('fn readX(');
    expect(floats).not.toContain('fn writeX(');
    expect(floats).toContain('fn readY(');
    expect(floats).toContain('fn writeY(');
  });

  it('keeps its lines, so that an error has its place in the file', () => {
    expect(withStorage(code, { x: 'f16', y: 'f16' }).split('\n')).toHaveLength(code.split('\n').length);
  });

  it('is not made where a binding is forgotten, or stored in something else', () => {
    expect(() => withStorage(code, { x: 'f32' })).toThrow('y: expected a storage of f32 or f16, found undefined');
    expect(() => withStorage(code, { x: 'u32', y: 'f32' })).toThrow(
      'x: expected a storage of f32, f16 or i8, found u32',
    );
    expect(() => withStorage(code, { x: 'i8', y: 'i8' })).toThrow('y: expected a storage of f32 or f16, found i8');
  });
});

describe('a dispatch', () => {
  it('says in what the tensors are stored that a kernel takes in any storage', () => {
    const { storage } = dispatch(castKernel, { x: tensor('f32'), y: tensor('f16') }, { count4: 2 }, [1]);
    expect(storage).toEqual({ x: 'f32', y: 'f16' });
  });

  it('takes bytes where they are only read', () => {
    const { storage } = dispatch(castKernel, { x: tensor('i8'), y: tensor('f32') }, { count4: 2 }, [1]);
    expect(storage).toEqual({ x: 'i8', y: 'f32' });
    expect(() => dispatch(castKernel, { x: tensor('f32'), y: tensor('i8') }, { count4: 2 }, [1])).toThrow(
      'cast.wgsl: y takes f32 or f16, found i8[2, 4]',
    );
  });

  it('refuses halves where floats are expected, and whole numbers where either is', () => {
    const params = { count4: 2, value: 0 };
    expect(() => dispatch(fillKernel, { y: tensor('f16') }, params, [1])).toThrow(
      'fill.wgsl: y takes f32, found f16[2, 4]',
    );
    expect(() => dispatch(castKernel, { x: tensor('u32'), y: tensor('f32') }, params, [1])).toThrow(
      'cast.wgsl: x takes f32 or f16 or i8, found u32[2, 4]',
    );
  });
});
