#include storage.single.include.wgsl
#include register.include.wgsl
