#include dy.half.include.wgsl
#include backward.weight.include.wgsl
