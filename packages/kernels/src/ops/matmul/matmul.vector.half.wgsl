#include storage.half.include.wgsl
#include vector.include.wgsl
