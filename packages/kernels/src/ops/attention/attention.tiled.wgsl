#include storage.single.include.wgsl
#include tiled.include.wgsl
