#include y.half.include.wgsl
#include workgroup.include.wgsl
