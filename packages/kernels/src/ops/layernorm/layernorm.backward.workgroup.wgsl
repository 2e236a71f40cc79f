#include dy.single.include.wgsl
#include backward.workgroup.include.wgsl
