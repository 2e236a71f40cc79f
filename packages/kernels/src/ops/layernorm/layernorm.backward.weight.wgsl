#include dy.single.include.wgsl
#include backward.weight.include.wgsl
