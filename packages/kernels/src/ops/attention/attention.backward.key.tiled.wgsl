#include storage.backward.single.include.wgsl
#include backward.key.tiled.include.wgsl
