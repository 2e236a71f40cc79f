#include storage.half.include.wgsl
#include register.include.wgsl
