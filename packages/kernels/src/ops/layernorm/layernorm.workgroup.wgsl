#include y.single.include.wgsl
#include workgroup.include.wgsl
