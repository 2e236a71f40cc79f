#include dy.half.include.wgsl
#include backward.workgroup.include.wgsl
