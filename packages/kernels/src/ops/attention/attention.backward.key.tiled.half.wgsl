#include storage.backward.half.include.wgsl
#include backward.key.tiled.include.wgsl
