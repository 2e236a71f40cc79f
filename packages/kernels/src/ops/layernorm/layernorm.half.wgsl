#include y.half.include.wgsl
#include plain.include.wgsl
