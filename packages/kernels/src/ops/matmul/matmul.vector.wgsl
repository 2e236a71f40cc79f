#include storage.single.include.wgsl
#include vector.include.wgsl
