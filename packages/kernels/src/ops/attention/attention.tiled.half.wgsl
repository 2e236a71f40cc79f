#include storage.half.include.wgsl
#include tiled.include.wgsl
